"""Functions of arrays of few axes, applied along all others by broadcasting."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.ops.numpy.conventions import as_dtype, as_operand
from lazyax.ops.numpy.creation import astype
from lazyax.ops.numpy.one_by_one import LOOKS_AT_VALUES, one_by_one
from lazyax.ops.primitives.shape import Broadcast, reshape
from lazyax.transforms.vmap import batched, in_lanes

Core = tuple[str, ...]

NAME = r"[A-Za-z_]\w*"
ONE = rf"\((?:{NAME}(?:,{NAME})*,?)?\)"
SIGNATURE = re.compile(rf"{ONE}(?:,{ONE})*->{ONE}(?:,{ONE})*")


def vectorize(
    pyfunc: Callable | None = None,
    otypes: Any = None,
    doc: str | None = None,
    excluded: Collection[int | str] | None = None,
    cache: bool = False,
    signature: str | None = None,
) -> Callable[..., Any]:
    """A function of single elements, or of arrays of core axes, as one that broadcasts.

    ``signature`` says which axes ``pyfunc`` itself works on, such as ``(n,m),(m)->(n)``; all
    axes before these are mapped, as by nested ``vmap``, and broadcast against each other. The
    function runs once, for all elements together; if it looks at values, as Python's ``if`` does,
    it runs again, once for each.

    Args:
        pyfunc: of arrays; without it, this is a decorator.
        otypes: dtypes of the results: a list, or a string of characters.
        doc: the docstring, if not that of ``pyfunc``.
        excluded: positions and names of arguments that are passed on as they are.
        cache: makes no difference.
        signature: names of the core axes of arguments and results; none by default.

    Raises:
        LazyaxTypeError: for a signature that is none, and for arguments or results that do not
            fit it.

    >>> import lazyax.numpy as np
    >>> product = np.vectorize(np.dot, signature="(n,m),(m)->(n)")
    >>> product(np.ones((5, 1, 2, 3)), np.ones((4, 3))).shape
    (5, 4, 2)
    """
    if pyfunc is None:
        keywords = {"otypes": otypes, "doc": doc, "excluded": excluded, "signature": signature}
        return functools.partial(vectorize, **keywords)
    name = getattr(pyfunc, "__name__", "a function")
    cores = None if signature is None else _parsed(name, signature)
    excluded = frozenset(excluded or ())
    dtypes = None if otypes is None else [as_dtype("vectorize", one) for one in otypes]

    @functools.wraps(pyfunc, updated=())
    def vectorized(*arguments: Any, **kwargs: Any) -> Any:
        unknown = [key for key in kwargs if key not in excluded]
        if unknown:
            raise LazyaxTypeError(
                f"vectorize: {name} was given the keyword {unknown[0]!r}, which is not in "
                "excluded; arrays are passed by position"
            )
        places = [place for place in range(len(arguments)) if place not in excluded]
        nodes = [as_operand("vectorize", arguments[place]) for place in places]

        def of_elements(elements: Sequence[Node]) -> Any:
            given = list(arguments)
            for place, element in zip(places, elements, strict=True):
                given[place] = Array(element)
            return pyfunc(*given, **kwargs)

        wanted = cores or (((),) * len(nodes), None)
        found = _Call(name, signature or "", *wanted).run(of_elements, nodes)
        if dtypes is None:
            return found
        if isinstance(found, tuple):
            return tuple(astype(one, of) for one, of in zip(found, dtypes, strict=True))
        return astype(found, dtypes[0])

    if doc is not None:
        vectorized.__doc__ = doc
    return vectorized


def _parsed(name: str, signature: str) -> tuple[tuple[Core, ...], tuple[Core, ...]]:
    """Core axes of the arguments and of the results."""
    text = re.sub(r"\s+", "", signature)
    if not SIGNATURE.fullmatch(text):
        raise LazyaxTypeError(
            f"vectorize: {signature!r}, the signature of {name}, needs the form (n,m),(m)->(n)"
        )
    left, right = (
        tuple(tuple(re.findall(NAME, one)) for one in re.findall(ONE, side))
        for side in text.split("->")
    )
    return left, right


class _Call:
    """One call of a vectorized function."""

    def __init__(
        self, name: str, signature: str, arguments: Sequence[Core], results: Sequence[Core] | None
    ):
        self.name, self.signature = name, signature
        self.arguments, self.results = arguments, results
        self.lengths: dict[str, int] = {}
        self.is_single = True

    def run(self, function: Callable, nodes: Sequence[Node]) -> Any:
        """The results, with the loop axes before the core axes."""
        if len(nodes) != len(self.arguments):
            raise LazyaxTypeError(
                f"vectorize: the signature {self.signature!r} of {self.name} has "
                f"{len(self.arguments)} arguments, got {len(nodes)}"
            )
        loops = [
            self._loop(node, core, f"argument {place}")
            for place, (node, core) in enumerate(zip(nodes, self.arguments, strict=True))
        ]
        try:
            loop = numpy.broadcast_shapes(*loops)
        except ValueError:
            raise LazyaxTypeError(
                f"vectorize: the axes of {self.name} beside the core axes do not broadcast: "
                f"{' and '.join(map(str, loops))}"
            ) from None
        if not loop:
            return self._whole(self._checked(function(nodes)))
        count = math.prod(loop)
        flat = [_flattened(node, own, loop) for node, own in zip(nodes, loops, strict=True)]
        which = [math.prod(own) != 1 for own in loops]
        try:
            made = self._together(function, flat, which, count)
        except LOOKS_AT_VALUES:
            if not count:
                raise
            made = self._apart(function, flat, which, count)
        return self._whole([reshape(row, (*loop, *row.aval.shape[1:])) for row in made])

    def _together(
        self, function: Callable, flat: Sequence[Node], which: Sequence[bool], count: int
    ) -> list[Node]:
        """The results for all elements, of one call."""
        rows, mapped = in_lanes(
            lambda elements: self._checked(function(elements)), self.name, flat, which, count
        )
        return [
            batched(row, is_batched, count)
            for row, is_batched in zip(rows, mapped, strict=True)
            if row is not None
        ]

    def _apart(
        self, function: Callable, flat: Sequence[Node], which: Sequence[bool], count: int
    ) -> list[Node]:
        """The results for all elements, of a call for each."""

        def of_one(*elements: Array) -> tuple[Array, ...]:
            return tuple(map(Array, self._checked(function([x._node for x in elements]))))

        return one_by_one("vectorize", of_one, flat, which, count)

    def _loop(self, node: Node, core: Core, what: str) -> tuple[int, ...]:
        """The axes of an argument or result beside the core axes, whose lengths are noted."""
        shape = node.aval.shape
        cut = len(shape) - len(core)
        fits = cut >= 0 and all(
            self.lengths.setdefault(axis, length) == length
            for axis, length in zip(core, shape[cut:], strict=True)
        )
        if not fits:
            known = ", ".join(f"{axis}={length}" for axis, length in self.lengths.items())
            raise LazyaxTypeError(
                f"vectorize: {what} of {self.name} needs the core axes ({','.join(core)}) of "
                f"{self.signature!r} where {known or 'no length is known'}, got {node.aval}"
            )
        return shape[:cut]

    def _checked(self, result: Any) -> list[Node]:
        """The results of one element, which must have the core axes."""
        self.is_single = not isinstance(result, tuple)
        nodes = [as_operand("vectorize", r) for r in ((result,) if self.is_single else result)]
        cores = [()] * len(nodes) if self.results is None else self.results
        if len(nodes) != len(cores):
            raise LazyaxTypeError(
                f"vectorize: the signature {self.signature!r} of {self.name} has {len(cores)} "
                f"results, got {len(nodes)}"
            )
        for place, (node, core) in enumerate(zip(nodes, cores, strict=True)):
            rest = self._loop(node, core, f"result {place}")
            if rest:
                raise LazyaxTypeError(
                    f"vectorize: result {place} of {self.name} needs the axes "
                    f"({','.join(core)}) alone, got {node.aval}; give a signature that names them"
                )
        return nodes

    def _whole(self, nodes: Sequence[Node]) -> Any:
        return Array(nodes[0]) if self.is_single else tuple(Array(node) for node in nodes)


def _flattened(node: Node, own: tuple[int, ...], loop: tuple[int, ...]) -> Node:
    """An argument with its loop axes broadcast and joined; without them, if they are all 1."""
    core = node.aval.shape[len(own) :]
    if math.prod(own) == 1:
        return reshape(node, core)
    skipped = len(loop) - len(own)
    kept = [place for place, length in enumerate(own) if length == loop[skipped + place]]
    squeezed = reshape(node, (*[own[place] for place in kept], *core))
    axes = [skipped + place for place in kept] + [len(loop) + i for i in range(len(core))]
    whole = Broadcast((*loop, *core), tuple(axes))(squeezed)
    return reshape(whole, (math.prod(loop), *core))

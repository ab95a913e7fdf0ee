"""Einstein summation: pairwise contractions along a path that opt_einsum finds."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.array import Array
from lazyax.errors import LazyaxTypeError
from lazyax.graph.node import Node
from lazyax.later import Later
from lazyax.ops import primitives as p
from lazyax.ops.numpy.contraction import Precision, as_precision, contract_labels
from lazyax.ops.numpy.conventions import as_operand, delivered
from lazyax.ops.numpy.matrices import diagonal_node
from lazyax.ops.numpy.promotion import convert, operand, promote
from lazyax.ops.numpy.reductions import SUM, fold, truth
from lazyax.ops.primitives.shape import permute, reshape

opt_einsum, parser = Later("opt_einsum"), Later("opt_einsum.parser")

Term = tuple[Node, str]
"""A node and the letters of its axes."""


def einsum(
    subscripts: Any, *operands: Any, out: Any = None, optimize: Any = "auto",
    precision: Precision = None,
) -> Array:  # fmt: skip
    """Sum of products over the letters that are not in the result.

    ``einsum("ij,jk->ik", x, y)`` is the matrix product; "..." stands for axes that broadcast. Each
    pair of operands is one `stablehlo.dot_general`, in the order that opt_einsum finds cheapest.

    >>> import lazyax.numpy as np
    >>> print(np.einsum("ij,ij->i", [[1, 2], [3, 4]], [[1, 1], [2, 2]]))
    [ 3 14]

    Args:
        subscripts: letters of the axes of each operand; or operands and lists of ints in turn.
        operands: arrays.
        out: an array to be pointed at the result.
        optimize: which path: True or "auto", "optimal", "greedy", False for left to right, or a
            path.
        precision: None, "default", "high" or "highest".

    Raises:
        LazyaxTypeError: for subscripts that do not fit the operands, and an unfit ``out``.
    """
    letters, arrays = _parsed_input("einsum", subscripts, operands)
    nodes = promote([operand(array, "einsum") for array in arrays])
    shapes = tuple([node.aval.shape for node in nodes])
    terms, result, path = _plan("einsum", letters, shapes, _hashable(optimize))
    is_bool = nodes[0].aval.dtype.kind == "b"
    if is_bool:
        nodes = [convert(node, numpy.dtype("f4")) for node in nodes]
    pending = _without_repeated(list(zip(nodes, terms, strict=True)))
    node = _contracted(pending, result, path, as_precision(precision))
    return delivered("einsum", truth(node) if is_bool else node, out)


def einsum_path(subscripts: Any, *operands: Any, optimize: Any = "greedy") -> tuple[list, str]:
    """The order in which `einsum` contracts pairs, and a report on its cost.

    >>> import lazyax.numpy as np
    >>> np.einsum_path("ij,jk,kl->il", np.ones((2, 9)), np.ones((9, 9)), np.ones((9, 2)))[0]
    ['einsum_path', (0, 1), (0, 1)]

    Raises:
        LazyaxTypeError: for subscripts that do not fit the operands.
    """
    letters, arrays = _parsed_input("einsum_path", subscripts, operands)
    shapes = tuple([as_operand("einsum_path", array).aval.shape for array in arrays])
    _, _, path = _plan("einsum_path", letters, shapes, _hashable(optimize))
    _, report = opt_einsum.contract_path(letters, *shapes, shapes=True, optimize=path)
    return ["einsum_path", *path], str(report)


def _parsed_input(function: str, subscripts: Any, operands: Sequence[Any]) -> tuple[str, Sequence]:
    """Subscripts as letters, and the operands."""
    if isinstance(subscripts, str):
        return subscripts, operands
    given = [subscripts, *operands]
    try:
        given[1::2] = [_plain_labels(labels) for labels in given[1::2]]
        if len(given) % 2:
            given[-1] = _plain_labels(given[-1])
        return parser.convert_interleaved_input(given)
    except (TypeError, IndexError) as error:
        raise LazyaxTypeError(
            f"{function}: needs subscripts and operands, or operands and lists of ints in turn: "
            f"{error}"
        ) from None


def _plain_labels(labels: Any) -> list:
    """Labels as Python's ints: those of arrays do not compare as the parser needs."""
    scalars = (Array, numpy.generic)
    return [label.item() if isinstance(label, scalars) else label for label in labels]


def _hashable(optimize: Any) -> Any:
    """The strategy, a strategy with the most elements of a product, or the steps of a path."""
    if isinstance(optimize, (list, tuple)):
        if len(optimize) == 2 and isinstance(optimize[0], str) and not numpy.ndim(optimize[1]):
            return tuple(optimize)
        return tuple([tuple(step) for step in optimize if not isinstance(step, str)])
    return "auto" if optimize is True else optimize


@functools.lru_cache(maxsize=1024)
def _plan(function: str, subscripts: str, shapes: tuple, optimize: Any) -> tuple:
    """Letters of each operand and of the result, and the path.

    Raises:
        LazyaxTypeError: for subscripts that do not fit the shapes.
    """
    given = f"{subscripts!r} for shapes {' and '.join(map(str, shapes))}"
    try:
        joined, result, _ = parser.parse_einsum_input((subscripts, *shapes), shapes=True)
        terms = joined.split(",")
        _require_lengths(terms, shapes)
        if len(shapes) < 3:
            return terms, result, [tuple(range(len(shapes)))]
        strategy, most = optimize, None
        if isinstance(optimize, tuple) and optimize and isinstance(optimize[0], str):
            strategy, most = optimize
        elif isinstance(optimize, tuple):
            _require_path(optimize, len(shapes))
        path, _ = opt_einsum.contract_path(
            f"{joined}->{result}", *shapes, shapes=True, optimize=strategy, memory_limit=most
        )
    except (ValueError, IndexError, KeyError) as error:
        raise LazyaxTypeError(f"{function}: {error}; got {given}") from None
    return terms, result, path


def _require_path(path: Sequence[tuple[int, ...]], count: int) -> None:
    """Raise unless each step picks some of the operands that are left, and one is left at last."""
    left = count
    for step in path:
        if not step or len(set(step)) < len(step) or not 0 <= min(step) <= max(step) < left:
            raise ValueError(f"the step {step} of a path does not pick from {left} operands")
        left += 1 - len(step)
    if left != 1:
        raise ValueError(f"the path {list(path)} leaves {left} operands")


def _require_lengths(terms: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> None:
    """Raise unless each letter has one length, or 1 where it broadcasts."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ValueError(
                f"{term!r} has {len(term)} letters and shape {shape} {len(shape)} axes"
            )
        own: dict[str, int] = {}
        for letter, length in zip(term, shape, strict=True):
            seen = lengths.get(letter, 1)
            if own.setdefault(letter, length) != length or (
                1 not in (seen, length) and seen != length
            ):
                raise ValueError(f"axes {letter!r} have lengths {own[letter]}, {seen} and {length}")
            lengths[letter] = length if seen == 1 else seen


def _without_repeated(terms: Sequence[Term]) -> list[Term]:
    """Without axes of length 1 where another operand has more of that letter."""
    longest: dict[str, int] = {}
    for node, letters in terms:
        for letter, length in zip(letters, node.aval.shape, strict=True):
            longest[letter] = length if longest.get(letter, 1) == 1 else longest[letter]
    kept = []
    for node, letters in terms:
        axes = [
            axis for axis, letter in enumerate(letters) if node.aval.shape[axis] == longest[letter]
        ]
        shape = tuple([node.aval.shape[axis] for axis in axes])
        kept.append((reshape(node, shape), "".join([letters[axis] for axis in axes])))
    return kept


def _contracted(terms: list[Term], result: str, path: Sequence, precision: str) -> Node:
    """The product of all terms, summed over what is not in ``result``."""
    for picked in path:
        chosen = [terms.pop(place) for place in sorted(picked, reverse=True)][::-1]
        total = chosen.pop(0)
        while chosen:
            other = chosen.pop(0)
            kept = set(result).union(*[letters for _, letters in (*terms, *chosen)])
            total = _pairwise(total, other, kept, precision)
        terms.append(total)
    node, letters = _summed(*terms[0], set(result))
    return permute(node, [letters.index(letter) for letter in result])


def _summed(node: Node, letters: str, kept: set[str]) -> Term:
    """The diagonals of letters that are twice in a term, and the sums of those that end here."""
    for letter in sorted(set(letters)):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            node = diagonal_node("einsum", node, 0, first, second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    gone = tuple([axis for axis, letter in enumerate(letters) if letter not in kept])
    if not gone:
        return node, letters
    return fold(SUM, node, gone), "".join([letter for letter in letters if letter in kept])


def _pairwise(one: Term, other: Term, kept: set[str], precision: str) -> Term:
    x, x_letters = _summed(*one, kept.union(other[1]))
    y, y_letters = _summed(*other, kept.union(x_letters))
    shared = [letter for letter in x_letters if letter in y_letters]
    batch = [letter for letter in shared if letter in kept]
    free = [letter for letter in x_letters + y_letters if letter not in shared]
    out = "".join([*batch, *free])
    if len(batch) < len(shared):
        return contract_labels(x, x_letters, y, y_letters, out, precision), out
    shape = tuple([_length(letter, (x, x_letters), (y, y_letters)) for letter in out])
    return _aligned(x, x_letters, out, shape) * _aligned(y, y_letters, out, shape), out


def _length(letter: str, *terms: Term) -> int:
    node, letters = next(term for term in terms if letter in term[1])
    return node.aval.shape[letters.index(letter)]


def _aligned(x: Node, letters: str, out: str, shape: tuple[int, ...]) -> Node:
    """``x`` broadcast to the axes ``out``: nothing is summed, so the product fuses."""
    order = sorted(range(len(letters)), key=lambda axis: out.index(letters[axis]))
    axes = tuple([out.index(letters[axis]) for axis in order])
    return p.Broadcast(shape, axes)(permute(x, order))

"""The op: what a node does, as a value with static parameters, and the registry of primitives."""

from __future__ import annotations

import inspect
import operator
import threading
from collections.abc import Callable, Sequence
from sys import _getframe
from typing import Any, ClassVar, TypeVar, dataclass_transform

import attrs

from lazyax.errors import LazyaxTypeError
from lazyax.graph.aval import Aval
from lazyax.graph.growth import SPAN, now, watchers
from lazyax.graph.node import Node, operators
from lazyax.graph.origin import current_origin, describe, inherited, is_ours

REGISTRY: dict[str, type[Op]] = {}
"""Every primitive by class name. The laws of the tests run over it."""

INFERENCE_CACHE_SIZE = 50_000

_inferred: dict[tuple, Any] = {}
_inferring = threading.Lock()


class Op:
    """Abstract base of all ops. Fields are static parameters; operands come with the call.

    A concrete op states facts, and transforms act on the facts:

    ==============  ==============================================================================
    ``infer``       avals of the operands -> aval of the result (a tuple of avals for several)
    ``lower``       emitter, node, values of the operands -> the value of the result, as StableHLO
    ``evaluate``    NumPy arrays -> NumPy array: the meaning, as an oracle
    ``jvp``         the node, its operands, their tangents (None: known zero) -> its tangent
    ``pullback``    cotangent, operands, which of them are linear -> a cotangent for each operand
    ``batch``       operands, which of them carry a batch axis 0, its size -> the batched node
    ==============  ==============================================================================

    An op whose tangent serves forward mode in one way and reverse mode in another states
    ``linearize`` beside ``jvp``: a tangent that will be transposed, and never computed.

    Kinds (`lazyax.ops.primitives.kinds`) derive most of these.
    """

    __slots__ = ("_hash",)

    symbol: ClassVar[str | None] = None
    """The Python operator that derivative rules write for this op, if any."""

    expensive: ClassVar[bool] = False
    """Whether a result still wanted elsewhere is stored rather than computed again."""

    interpreted: ClassVar[bool] = False
    """Whether NumPy may run an expensive op: quickly, to about the same bits."""

    alone: ClassVar[bool] = False
    """Whether XLA runs it by itself where NumPy runs the program that it is in."""

    partial: ClassVar[bool] = False
    """Whether it may read only a part of its first operand, as slices do."""

    is_stored_on_cpu: ClassVar[bool] = False
    """Whether XLA:CPU stores what several ops use of it, even if these end up in one loop.

    It does so with expensive operations of two operands."""

    loses_nan: ClassVar[bool] = False
    """Whether XLA:CPU's library for reductions passes over NaN in what should be NaN by it."""

    overwrites: ClassVar[slice] = slice(0)
    """Operands in whose memory the result may be written: each element is read by then."""

    transparent: ClassVar[bool] = False
    """Whether the value is that of the only operand, so that programs leave the node out."""

    forwards: ClassVar[int] = 0
    """How many results are the values of the first operands, so that programs leave the node out.

    The other operands are for derivatives alone, and are not computed for it.
    """

    repeatable: ClassVar[bool] = True
    """Whether rules give equal nodes for equal operands of equal ops, whenever they are asked."""

    lanes: ClassVar[Any] = None
    """Of ops over a named axis that ``vmap`` maps, the axis (`primitives.collective`)."""

    merge: ClassVar[Callable | None] = None
    """How two ops that share work are lowered as one: `lazyax.ops.primitives.merge`."""

    abstract: ClassVar[bool] = False
    """Whether a node of this op stands for a value that is only given when a graph is called."""

    absence: ClassVar[str | None] = None
    """Why an abstract node of this op has no value and what to do, if that is always the same."""

    is_plain: ClassVar[bool] = True
    """Whether none of the above: set by `primitive`, so that planning asks once."""

    def on_block(self, shape: tuple[int, ...]) -> Op | None:
        """The op that makes a block of the result of like blocks of its operands, and 0-d ones.

        None where an element depends on its place, or on more than its like.
        """
        return None

    @property
    def keeps_history(self) -> bool:
        """Whether nodes that depend on this one keep their operands when they are materialized."""
        return False

    def __call__(self, *operands: Node) -> Node:
        """The node of this op applied to ``operands``. Nothing runs, but see `growth`.

        The hottest path of building: inference is one look-up once it has been seen, and
        `current_origin` is written out here, which saves its call.

        Raises:
            LazyaxTypeError: when the operands' avals do not fit; from here, in the user's call.
        """
        key: tuple
        time = born = now()
        if len(operands) == 2:
            x, y = operands
            key = (self, x.aval, y.aval)
            if x.born < born:
                born = x.born
            if y.born < born:
                born = y.born
        elif len(operands) == 1:
            (x,) = operands
            key = (self, x.aval)
            if x.born < born:
                born = x.born
        else:
            key = (self, *[operand.aval for operand in operands])
            for operand in operands:
                if operand.born < born:
                    born = operand.born
        aval = _inferred.get(key)
        if aval is None:
            aval = self._infer_once(key)
        origin = inherited.origin
        if origin is not None:
            return Node(self, operands, aval, origin, None, born)
        frame: Any = _getframe(1)
        code = frame.f_code
        while is_ours[code.co_filename]:
            frame = frame.f_back
            code = frame.f_code
        node = Node(self, operands, aval, (code, frame.f_lasti), None, born)
        if time - born > SPAN and born >= 0:
            for watch in watchers:
                watch(node, time)
        return node

    def keeping(self, aval: Aval, x: Node, y: Node) -> Node:
        """``self(x, y)`` where the result is known to have ``aval``: 0.2 us less, of 1.1.

        For Python's operators, which call it from a function of their own.
        """
        time = born = now()
        if x.born < born:
            born = x.born
        if y.born < born:
            born = y.born
        origin = inherited.origin
        if origin is not None:
            return Node(self, (x, y), aval, origin, None, born)
        frame: Any = _getframe(2)
        code = frame.f_code
        while is_ours[code.co_filename]:
            frame = frame.f_back
            code = frame.f_code
        node = Node(self, (x, y), aval, (code, frame.f_lasti), None, born)
        if time - born > SPAN and born >= 0:
            for watch in watchers:
                watch(node, time)
        return node

    def _infer_once(self, key: tuple) -> Any:
        aval = self.infer(*key[1:])
        with _inferring:
            if len(_inferred) >= INFERENCE_CACHE_SIZE:
                _inferred.clear()
            _inferred[key] = aval
        return aval

    def infer(self, *avals: Aval) -> Aval | tuple[Aval, ...]:
        raise NotImplementedError

    def lower(self, emit, node: Node, *operands):
        raise NotImplementedError

    def evaluate(self, *arrays):
        raise NotImplementedError

    def jvp(self, out: Node, operands: Sequence[Node], tangents: Sequence[Node | None]):
        raise NotImplementedError

    def linearize(self, out: Node, operands: Sequence[Node], tangents: Sequence[Node | None]):
        """The tangent in reverse mode, of which only the transpose is wanted."""
        return self.jvp(out, operands, tangents)

    def passes(self, numbers: Sequence[Any]) -> Any:
        """What stands for the result in a program: a value of the operands'. None: it computes."""
        return numbers[0] if self.transparent else None

    def pullback(self, cotangent, operands: Sequence[Node], linear: Sequence[bool]):
        raise LazyaxTypeError(
            f"{self.name}: not linear in its operands where it is used at "
            f"{describe(current_origin())}, so it has no transpose; transpose the result of jvp, "
            "not the function itself"
        )

    def batch(self, operands: Sequence[Node], batched: Sequence[bool], size: int) -> Node:
        raise NotImplementedError

    def over(self, operands: Sequence[Node], batched: Sequence[bool], size: int):
        """The batched node along the op's own ``lanes``."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The op's class name, as listings and messages print it."""
        return type(self).__name__

    @property
    def parameters(self) -> dict[str, Any]:
        """Static parameters by name."""
        return {field.name: getattr(self, field.name) for field in fields(type(self))}

    def require(self, condition: bool, message: str) -> None:
        """Raise the error of a call whose operands do not fit, in the form of STYLE.md rule 12.

        Raises:
            LazyaxTypeError: unless ``condition``.
        """
        if not condition:
            raise LazyaxTypeError(f"{self.name}: {message}")

    def __str__(self) -> str:
        parameters = ", ".join(f"{key}={value}" for key, value in self.parameters.items())
        return f"{self.name}({parameters})" if parameters else self.name

    __repr__ = __str__


def fields(cls: type) -> tuple[attrs.Attribute, ...]:
    """The parameters of a class of ops; one that has none is no attrs class."""
    return getattr(cls, "__attrs_attrs__", ())


RULES = ("infer", "lower", "evaluate", "jvp", "batch")


OpClass = TypeVar("OpClass", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
def primitive(cls: OpClass) -> OpClass:
    """Freeze an op class, check that no rule is missing, and enlist it.

    Raises:
        TypeError: at import, naming the rules that the class lacks.
    """
    missing = [rule for rule in RULES if getattr(cls, rule) is getattr(Op, rule)]
    if missing:
        raise TypeError(f"{cls.__name__}: a primitive needs {', '.join(RULES)}; lacks {missing}")
    if not cls.__doc__:
        raise TypeError(
            f"{cls.__name__}: a primitive needs a docstring that says what it lowers to"
        )
    frozen: Any
    if _has_parameters(cls):
        frozen = attrs.frozen(cls, repr=False, eq=False)
        frozen.compared = staticmethod(_getter(fields(frozen)))
        frozen.__eq__, frozen.__hash__ = _equal, _hash
    else:
        frozen = _singleton(cls)
    frozen.is_plain = not (
        frozen.transparent or frozen.abstract or frozen.expensive or frozen.forwards
    )
    REGISTRY[frozen.__name__] = frozen
    if frozen.symbol is not None:
        operators[frozen.symbol] = frozen if fields(frozen) else frozen()
    return frozen


def _has_parameters(cls: type) -> bool:
    """Whether a class that is not an attrs class yet will have fields."""
    annotations = inspect.get_annotations(cls).values()
    own = any(not str(annotation).startswith("ClassVar") for annotation in annotations)
    return own or bool(getattr(cls, "__attrs_attrs__", ()))


def _singleton(cls: Any) -> Any:
    """An op without parameters: one instance, so that it is hashed and compared by identity."""
    instance = cls()
    cls.__new__ = lambda _: instance
    cls.__setattr__ = _refuse
    return cls


def _refuse(op: Op, name: str, value: Any) -> None:
    raise attrs.exceptions.FrozenInstanceError


# attrs would write and compile both for each class: 15 ms of `import lazyax`
def _equal(op: Any, other: Any) -> bool:
    """Whether two ops are of one class and have the same parameters."""
    return op is other or (type(op) is type(other) and op.compared(op) == op.compared(other))


def _hash(op: Any) -> int:
    try:
        return op._hash
    except AttributeError:
        found = hash((type(op), op.compared(op)))
        object.__setattr__(op, "_hash", found)
        return found


def _getter(parameters: Sequence[Any]) -> Callable[[Any], Any]:
    """From an op to what is compared of these parameters."""
    compared = [field for field in parameters if field.eq]
    if compared and all(field.eq_key is None for field in compared):
        return operator.attrgetter(*[field.name for field in compared])
    keys = [(field.name, field.eq_key or _itself) for field in compared]
    return lambda op: tuple([key(getattr(op, name)) for name, key in keys])


def _itself(value: Any) -> Any:
    return value

"""The emitter: what an op's lowering rule writes StableHLO with.

Text, not builder calls: it needs no MLIR context, is parsed by XLA without the GIL, and costs
0.3 us an op against 2 (the generated builders change between jaxlib releases; the text has not).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy

from lazyax.graph.aval import Aval
from lazyax.graph.graph import Graph
from lazyax.graph.node import Node
from lazyax.graph.origin import line_of
from lazyax.xla.fusion import Loops
from lazyax.xla.merge import Step, assign, steps_of

ELEMENT_TYPES = {
    **{numpy.dtype(f"i{size}"): f"i{size * 8}" for size in (1, 2, 4, 8)},
    **{numpy.dtype(f"u{size}"): f"ui{size * 8}" for size in (1, 2, 4, 8)},
    **{numpy.dtype(f"f{size}"): f"f{size * 8}" for size in (2, 4, 8)},
    numpy.dtype("c8"): "complex<f32>",
    numpy.dtype("c16"): "complex<f64>",
    numpy.dtype(bool): "i1",
    numpy.dtype(ml_dtypes.bfloat16): "bf16",
    numpy.dtype(ml_dtypes.float8_e4m3fn): "f8E4M3FN",
    numpy.dtype(ml_dtypes.float8_e5m2): "f8E5M2",
    numpy.dtype(ml_dtypes.float8_e4m3fnuz): "f8E4M3FNUZ",
    numpy.dtype(ml_dtypes.float8_e5m2fnuz): "f8E5M2FNUZ",
    numpy.dtype(ml_dtypes.float8_e4m3b11fnuz): "f8E4M3B11FNUZ",
    numpy.dtype(ml_dtypes.float8_e3m4): "f8E3M4",
    numpy.dtype(ml_dtypes.float8_e4m3): "f8E4M3",
    numpy.dtype(ml_dtypes.float8_e8m0fnu): "f8E8M0FNU",
}

MOST_TYPES = 10_000

_types: dict[Aval, str] = {}


def tensor_type(aval: Aval) -> str:
    """MLIR type of an aval: ``tensor<2x3xf32>``."""
    text = _types.get(aval)
    if text is None:
        if len(_types) >= MOST_TYPES:
            _types.clear()
        lengths = "".join(f"{length}x" for length in aval.shape)
        text = _types[aval] = f"tensor<{lengths}{ELEMENT_TYPES[aval.dtype]}>"
    return text


class Value:
    """An SSA value of the program. Prints as its name.

    Attributes:
        fused: the ops that make up the loop that may be fused up to here: a bit for each.
    """

    __slots__ = ("aval", "fused", "name", "type")

    def __init__(self, name: str, aval: Aval):
        self.name = name
        self.aval = aval
        self.type = tensor_type(aval)
        self.fused = 0

    def __str__(self) -> str:
        return self.name


class Locations:
    """The user's lines as MLIR locations, each line symbolised once."""

    def __init__(self):
        self.known: dict[tuple[int, int], str] = {}

    def text(self, node: Node) -> str:
        """`` loc("file":line:0)`` of a node, or nothing where its origin is unknown."""
        origin = node.origin
        if origin is None:
            return ""
        key = (id(origin[0]), origin[1])
        text = self.known.get(key)
        if text is None:
            name = origin[0].co_filename.replace("\\", "/").replace('"', "'")
            text = self.known[key] = f' loc("{name}":{line_of(origin)}:0)'
        return text


class Emitter:
    """Lines of one function's body, and the private functions that they call.

    Lowering rules call the emitter with the text of one operation; it names the result.
    """

    __slots__ = (
        "constants",
        "demands",
        "functions",
        "is_inside",
        "is_main",
        "lines",
        "location",
        "locations",
        "meets_library",
        "platform",
        "taken",
    )

    def __init__(self, platform: str = "cpu", outer: Emitter | None = None):
        self.lines: list[str] = []
        self.functions: dict[str, str] = {} if outer is None else outer.functions
        self.demands: dict[str, int] = {} if outer is None else outer.demands
        self.locations = Locations() if outer is None else outer.locations
        self.platform = platform
        self.location = "" if outer is None else outer.location
        self.constants: dict[tuple, Value] = {}
        self.is_main = outer is None
        self.is_inside = outer is not None and outer.is_inside  # a region, such as a loop's body
        self.meets_library = outer is not None and outer.meets_library  # see `steps`
        self.taken = 0

    type = staticmethod(tensor_type)

    def __call__(self, text: str, aval: Aval) -> Value:
        """Emit one operation of one result and return that."""
        name = f"%{self.taken}"
        self.taken += 1
        self.lines.append(f"{name} = {text}{self.location}")
        return Value(name, aval)

    def demand_same_bits(self) -> None:
        """Have the program compiled in one way only, whenever it is: for what must not differ by
        one bit, such as numbers drawn from a key."""
        self.demands["same bits"] = 1

    def demand_narrow_vectors(self, size: int) -> None:
        """Have the program compiled for narrower vectors than there are, unless it computes an
        array of more than ``size`` elements: for what is slower with wider ones."""
        self.demands["narrow"] = max(size, self.demands.get("narrow", 0))

    def several(self, text: str, avals: Sequence[Aval]) -> list[Value]:
        """Emit one operation of several results."""
        name = f"%{self.taken}"
        self.taken += 1
        self.lines.append(f"{name}:{len(avals)} = {text}{self.location}")
        return [Value(f"{name}#{index}", aval) for index, aval in enumerate(avals)]

    def operands(self, *values: Value) -> tuple[str, str]:
        """Names and types of operands, each as a comma-separated list."""
        return ", ".join([v.name for v in values]), ", ".join([v.type for v in values])

    def elementwise(self, hlo: str, aval: Aval, *operands: Value) -> Value:
        """An elementwise operation by name; the StableHLO dialect unless one is given."""
        names = ", ".join([operand.name for operand in operands])
        result = tensor_type(aval)
        if "." in hlo:
            types = ", ".join([operand.type for operand in operands])
            signature = f"{types} -> {result}"
        else:
            hlo = f"stablehlo.{hlo}"
            types = ", ".join([operand.type for operand in operands])
            signature = result if operands[0].type == result else f"({types}) -> {result}"
        return self(f"{hlo} {names} : {signature}", aval)

    def barrier(self, x: Value, *others: Value) -> Value:
        """``x``, computed before what uses it rather than fused into that; on CPU, in place.

        Costs a pass over the array, so it is for what was measured to be slower in one loop.
        With ``others`` it is not used before these are known. Inside of loops on CPU there is
        none: XLA writes a short loop as one kernel, and aborts the process at a barrier in it.
        """
        if self.is_inside and self.platform == "cpu":
            return x
        names, types = self.operands(x, *others)
        avals = [value.aval for value in (x, *others)]
        return self.several(f"stablehlo.optimization_barrier {names} : {types}", avals)[0]

    def compare(self, direction: str, x: Value, y: Value) -> Value:
        """`stablehlo.compare`: EQ, NE, LT, LE, GT or GE."""
        kind = x.aval.dtype.kind
        how = {"i": "SIGNED", "u": "UNSIGNED", "b": "UNSIGNED"}.get(kind, "FLOAT")
        result = x.aval.with_dtype(numpy.dtype(bool))
        return self(
            f"stablehlo.compare {direction}, {x}, {y}, {how} : "
            f"({x.type}, {y.type}) -> {tensor_type(result)}",
            result,
        )

    def constant(self, number: complex, aval: Aval) -> Value:
        """An array filled with one number; the same constant is emitted once."""
        key = (repr(number), aval.shape, aval.dtype)
        value = self.constants.get(key)
        if value is None:
            element = splat(number, aval.dtype)
            value = self(f"stablehlo.constant dense<{element}> : {tensor_type(aval)}", aval)
            self.constants[key] = value
        return value

    def literal(self, array: numpy.ndarray, aval: Aval) -> Value:
        """A small array as a constant."""
        if array.size == 0:
            return self(f"stablehlo.constant dense<> : {tensor_type(aval)}", aval)
        if array.dtype.kind == "b":
            text = str(array.tolist()).lower()
        else:
            text = f'"0x{numpy.ascontiguousarray(array).tobytes().hex().upper()}"'
        if array.size == 1:
            return self.constant(array.reshape(()).item(), aval)
        return self(f"stablehlo.constant dense<{text}> : {tensor_type(aval)}", aval)

    def integer_power(self, x: Value, exponent: int) -> Value:
        """x to a static integer power, by repeated squaring."""
        result = None
        square, left = x, abs(exponent)
        while left:
            if left & 1:
                result = (
                    square
                    if result is None
                    else self.elementwise("multiply", x.aval, result, square)
                )
            left >>= 1
            if left:
                square = self.elementwise("multiply", x.aval, square, square)
        one = self.constant(1, x.aval)
        if result is None:
            return one
        return result if exponent > 0 else self.elementwise("divide", x.aval, one, result)

    def kernel(
        self,
        target: str,
        operands: Sequence[Value],
        avals: Sequence[Aval],
        attributes: Mapping[str, Any],
        *,
        in_place: int | None = 0,
        by_column: bool = True,
    ) -> list[Value]:
        """Call a kernel of a library through XLA's typed FFI: `stablehlo.custom_call`.

        Arrays with as many axes as the first operand are matrices, which LAPACK and cuSOLVER
        hold column by column; leading axes are of a batch.

        Args:
            target: the name that the kernel is registered by.
            operands: its arguments.
            avals: of its results.
            attributes: bools, one-letter strings and numbers as the kernel declares them.
            in_place: the operand whose memory the first result takes over.
            by_column: whether matrices are held column by column, rather than row by row.
        """
        ndim = operands[0].aval.ndim
        names, types = self.operands(*operands)
        fields = ", ".join(f"{name} = {attribute(value)}" for name, value in attributes.items())
        results = ", ".join(map(tensor_type, avals))
        ins, outs = (
            ", ".join(layout(one.ndim, by_column and one.ndim == ndim) for one in of)
            for of in ([value.aval for value in operands], avals)
        )
        alias = "" if in_place is None else aliased(in_place, len(avals))
        text = (
            f"stablehlo.custom_call @{target}({names}) {{api_version = 4 : i32, backend_config = "
            f"{{{fields}}}, operand_layouts = [{ins}], result_layouts = [{outs}]{alias}}} : "
            f"({types}) -> {results if len(avals) == 1 else f'({results})'}"
        )
        return self.several(text, avals) if len(avals) > 1 else [self(text, avals[0])]

    def reducer(self, hlo: str, dtype: numpy.dtype) -> str:
        """A region ``(x, y) -> hlo(x, y)`` of 0-d values, as `reduce_window` and `scatter` take."""
        t = f"tensor<{ELEMENT_TYPES[dtype]}>"
        return (
            f"({{\n^bb0(%rx: {t}, %ry: {t}):\n%rz = stablehlo.{hlo} %rx, %ry : {t}\n"
            f"stablehlo.return %rz : {t}\n}})"
        )

    def region(
        self, avals: Sequence[Aval], build: Callable[[Emitter, list[Value]], Sequence[Value]]
    ) -> str:
        """A region, such as a sort's comparator, that uses no value from outside.

        Args:
            avals: of its parameters.
            build: given an emitter and the parameters, returns the results.
        """
        inner = Emitter(self.platform, self)
        inner.is_inside = True
        inner.taken = self.taken + len(avals)  # names that are taken outside are visible inside
        parameters = [Value(f"%{self.taken + i}", aval) for i, aval in enumerate(avals)]
        names, types = inner.operands(*build(inner, parameters))
        signature = ", ".join(f"{p.name}: {p.type}" for p in parameters)
        head = f"^bb0({signature}):\n" if parameters else ""
        body = "\n".join([*inner.lines, f"stablehlo.return {names} : {types}"])
        return f"({{\n{head}{body}\n}})"

    def graph(self, graph: Graph, inputs: Sequence[Value]) -> list[Value]:
        """Emit a closed graph on values in the place of its inputs; its outputs."""
        structure, nodes = graph.numbered
        values = [*inputs, *[None] * len(nodes)]
        steps = steps_of(structure.entries, [*graph.inputs, *nodes], len(inputs))
        self.steps(steps, values)
        return [values[number] for number in structure.outputs]

    def steps(
        self, steps: Sequence[Step], values: list, stored: Collection[int] = frozenset()
    ) -> None:
        """Emit ops, each on ``values`` by number, and add their results.

        Args:
            steps: in order.
            values: for each number the value, once there is one.
            stored: numbers of what others read rather than compute again.
        """
        before = self.location
        # XLA:CPU has one for reductions, with what is around them
        if self.platform == "cpu" and any(step.op.expensive for step in steps):
            self.meets_library = True
        # not inside of functions, which write a kernel out as one loop on purpose
        loops = Loops(steps, stored) if self.is_main and self.platform == "cpu" else None
        for step in steps:
            self.location = self.locations.text(step.node)
            operands = [values[number] for number in step.numbers]
            result = step.op.lower(self, step.node, *operands)
            if loops is not None and type(result) is Value and not step.op.expensive:
                result = loops.bounded(self, step, result, operands)
            assign(values, step, result)
        self.location = before

    def loop(
        self,
        state: Sequence[Value],
        goes_on: Callable[[Emitter, list[Value]], Value],
        step: Callable[[Emitter, list[Value]], Sequence[Value]],
    ) -> list[Value]:
        """`stablehlo.while`: the state after as many steps as ``goes_on`` holds before."""
        avals = [value.aval for value in state]
        names, types = self.operands(*state)
        before = self.region(avals, lambda inner, now: [goes_on(inner, now)])
        body = self.region(avals, step)
        return self.several(
            f'"stablehlo.while"({names}) {before[:-1]}, {body[1:]} : ({types}) -> ({types})', avals
        )

    def reshape(self, x: Value, shape: tuple[int, ...]) -> Value:
        """`stablehlo.reshape`: the same elements in another shape."""
        aval = x.aval.with_shape(shape)
        return self(f"stablehlo.reshape {x} : ({x.type}) -> {tensor_type(aval)}", aval)

    def row(self, x: Value, index: Value) -> Value:
        """The slice of x at a run-time position along axis 0, without that axis."""
        aval = x.aval.with_shape(x.aval.shape[1:])
        block = x.aval.with_shape((1, *aval.shape))
        starts, types = self._first_start(x, index)
        row = self(
            f"stablehlo.dynamic_slice {x}, {starts}, sizes = {list(block.shape)} : "
            f"({x.type}, {types}) -> {tensor_type(block)}",
            block,
        )
        return self.reshape(row, aval.shape)

    def with_row(self, x: Value, row: Value, index: Value) -> Value:
        """x with the slice at a run-time position along axis 0 overwritten."""
        block = row.aval.with_shape((1, *row.aval.shape))
        starts, types = self._first_start(x, index)
        row = self.reshape(row, block.shape)
        return self(
            f"stablehlo.dynamic_update_slice {x}, {row}, {starts} : "
            f"({x.type}, {row.type}, {types}) -> {x.type}",
            x.aval,
        )

    def _first_start(self, x: Value, index: Value) -> tuple[str, str]:
        """Starts of a slice at ``index`` along axis 0, and their types."""
        zero = self.constant(0, index.aval)
        return self.operands(index, *[zero] * (x.aval.ndim - 1))

    def call(
        self, name: str, build: Callable[[Emitter, list[Value]], list[Value]], operands, avals
    ) -> list[Value]:
        """Call a private function, built the first time that its name is used in the program.

        Args:
            name: distinct for distinct bodies; operand types are added to it here.
            build: given an emitter and the parameters, returns the results.
            operands: values to call with.
            avals: avals of the results.
        """
        parts = [name, *[value.type for value in operands], *["inside"] * self.is_inside]
        key = re.sub(r"\W+", "_", "_".join(parts))
        if key not in self.functions:
            self.functions[key] = ""  # claimed, should the body call it again
            inner = Emitter(self.platform, self)
            inner.location = ""  # callers from several lines share the function
            parameters = [Value(f"%p{i}", v.aval) for i, v in enumerate(operands)]
            self.functions[key] = inner.function(
                f"private @{key}", parameters, build(inner, parameters)
            )
        names, types = self.operands(*operands)
        results = ", ".join(map(tensor_type, avals))
        return self.several(f"func.call @{key}({names}) : ({types}) -> ({results})", avals)

    def composed(
        self, name: str, build: Callable[..., Node], aval: Aval, *operands: Value
    ) -> Value:
        """What a function from nodes to a node computes, as a private function.

        Args:
            name: distinct for distinct functions.
            build: composes primitives; given nodes of the operands' avals.
            aval: of the result.
            operands: what to apply it to.
        """

        def body(inner: Emitter, parameters: list[Value]) -> list[Value]:
            inputs = [Node(None, (), value.aval) for value in parameters]
            return inner.graph(Graph(inputs, [build(*inputs)]), parameters)

        return self.call(name, body, operands, [aval])[0]

    def function(self, header: str, parameters: Sequence[Value], results: Sequence[Value]) -> str:
        """The text of a function whose body is what was emitted."""
        signature = ", ".join([f"{p.name}: {p.type}" for p in parameters])
        types = ", ".join([value.type for value in results])
        return f"func.func {header}({signature}) -> ({types}) {{\n{self.body(results)}\n}}"

    def body(self, results: Sequence[Value]) -> str:
        """What was emitted, and the return of its results."""
        names, types = self.operands(*results)
        done = f"return {names} : {types}" if results else "return"
        return "\n".join([*self.lines, done])


def attribute(value: bool | str | numpy.integer) -> str:
    """A kernel's parameter as an MLIR attribute: ``true``, ``76 : ui8`` for "L", ``3 : i32``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"{ord(value)} : ui8"
    return f"{value} : {ELEMENT_TYPES[value.dtype]}"


def aliased(operand: int, results: int) -> str:
    """The attribute by which the first of some results takes over an operand's memory."""
    place = "[0]" if results > 1 else "[]"
    return (
        f", output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = "
        f"{place}, operand_index = {operand}, operand_tuple_indices = []>]"
    )


def layout(ndim: int, by_column: bool) -> str:
    """The order of an array's axes in memory, the fastest first, as an MLIR attribute."""
    axes = list(range(ndim))[::-1]
    if by_column:
        axes[:2] = axes[1::-1]
    return f"dense<{axes if ndim else ''}> : tensor<{ndim}xindex>"


def splat(number: complex, dtype: numpy.dtype) -> str:
    """One number as the element of an MLIR dense attribute, exactly."""
    if dtype.kind == "b":
        return "true" if number else "false"
    if dtype.kind in "iu":
        return str(int(number))
    if dtype.kind == "c":
        part = numpy.dtype(f"f{dtype.itemsize // 2}")
        number = complex(number)
        return f"({splat(number.real, part)}, {splat(number.imag, part)})"
    bits = numpy.asarray(number, dtype).view(f"u{dtype.itemsize}")
    return f"0x{int(bits):0{dtype.itemsize * 2}X}"

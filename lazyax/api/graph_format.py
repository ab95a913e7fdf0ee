"""Graphs as plain data: lists, dicts, numbers and texts, and NumPy arrays beside them.

Ops are named by their class and written by their parameters; nothing is pickled, and reading
never imports or runs what a file names. The document holds tables (avals, lines, ops, nodes) and
refers to their entries by number; nodes come after their operands, and after the graphs that
their ops hold.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

import numpy

from lazyax.api.rule_format import (
    Rules,
    decode_policy,
    empty_rule,
    encode_policy,
    encode_rule,
    fill_rule,
    require_rules_fit,
)
from lazyax.api.tree_format import describe_tree, tree_of
from lazyax.array import Array, value_of
from lazyax.errors import FormatError, LazyaxTypeError
from lazyax.graph.aval import EXTENDED, Aval, aval_of
from lazyax.graph.graph import Graph, nested_graphs
from lazyax.graph.listing import meaning
from lazyax.graph.node import Node
from lazyax.graph.op import REGISTRY, Op
from lazyax.graph.origin import Lines, Origin, describe
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.leaves import DATA, SCALAR
from lazyax.transforms.custom import JvpRule, VjpRule
from lazyax.xla import buffers

DTYPES = {dtype.name: dtype for dtype in (*map(numpy.dtype, "?bhilqBHILQefdFD"), *EXTENDED)}
PLAIN_TEXT = re.compile(r"[\w .,:+>-]*")
"""Texts that ops may have as parameters: lowering rules write them into programs."""


class _Ends:
    """Where writing a graph ends: at its inputs, and at nodes that have a value."""

    def __init__(self, graph: Graph):
        self.inputs = frozenset(graph.inputs)

    def __contains__(self, node: Any) -> bool:
        return node.value is not None or node in self.inputs


def nodes_to_write(graph: Graph) -> list[Node]:
    """Operands before users; without the history of what has a value."""
    return list(dict.fromkeys([*graph.inputs, *toposort(graph.outputs, stop=_Ends(graph))]))


class _Table(dict):
    """A number for each distinct entry, in the order in which they were first asked for."""

    def __missing__(self, entry: Any) -> int:
        number = self[entry] = len(self)
        return number


class _Encoder:
    """State of writing one graph."""

    def __init__(self, rules: Rules):
        self.rules = rules
        self.arrays: dict[str, numpy.ndarray] = {}
        self.avals = _Table()
        self.lines = _Table()
        self.describe = Lines()
        self.ops: dict[Op, int] = {}
        self.written_ops: list = []
        self.nodes: dict[Node, int] = {}
        self.written_nodes: list = []
        self.graphs: dict[Graph, int] = {}
        self.written_graphs: list = []

    def add_graph(self, graph: Graph) -> None:
        """Write a graph; those that it holds must be written."""
        inputs = set(graph.inputs)
        for node in nodes_to_write(graph):
            if node.op.abstract and node not in inputs:
                raise LazyaxTypeError(
                    f"save: the graph depends on an abstract value {node.aval} made at "
                    f"{describe(node.origin)} that is not among its inputs"
                )
            if node not in self.nodes:
                self.add_node(node)
        trees = [None if t is None else describe_tree(t) for t in (graph.in_tree, graph.out_tree)]
        self.graphs[graph] = len(self.graphs)
        self.written_graphs.append(
            {
                "nodes": len(self.nodes),
                "inputs": [self.nodes[node] for node in graph.inputs],
                "outputs": [self.nodes[node] for node in graph.outputs],
                "names": list(graph.names),
                "in_tree": trees[0],
                "out_tree": trees[1],
            }
        )

    def add_node(self, node: Node) -> None:
        """Write a node; of one that has a value, the value without its history."""
        aval = node.aval
        avals = [self.avals[part] for part in aval] if type(aval) is tuple else self.avals[aval]
        is_number = type(node.value) in NUMBERS
        op, value = node.op, None
        if is_number:
            op = SCALAR
            value = encode_number(node.value)
        elif node.value is not None:
            op = DATA
            value = {"array": str(len(self.arrays))}
            self.arrays[str(len(self.arrays))] = to_file(value_of(Array(node), "save"))
        operands = [self.nodes[o] for o in node.operands] if value is None else []
        line = self.lines[self.describe[node.origin]] if node.origin is not None else None
        self.nodes[node] = len(self.nodes)
        self.written_nodes.append([self.op_number(op, node), operands, avals, line, value])

    def op_number(self, op: Op, node: Node) -> int:
        """The number of an op in the table."""
        number = self.ops.get(op)
        if number is None:
            parameters = {
                field.name: self.parameter(getattr(op, field.name), f"{op.name}.{field.name}", node)
                for field in meaning(type(op))
            }
            number = self.ops[op] = len(self.ops)
            self.written_ops.append([op.name, parameters])
        return number

    def parameter(self, value: Any, where: str, node: Node) -> Any:
        """A parameter as plain data.

        Raises:
            LazyaxTypeError: for one of a type that a file can not hold.
        """
        if isinstance(value, tuple):
            return [self.parameter(part, where, node) for part in value]
        if isinstance(value, Graph):
            return {"graph": self.graphs[value]}
        if isinstance(value, Op):
            return {"op": self.op_number(value, node)}
        if isinstance(value, (JvpRule, VjpRule)):
            return {"rule": self.rules.number[value.key]}
        if where == "Checkpoint.policy" and callable(value):
            return {"policy": self.policy(value, node)}
        if type(value) is str and (node.op.abstract or PLAIN_TEXT.fullmatch(value)):
            return value
        for cls, encode in ENCODERS.items():
            if isinstance(value, cls):
                return encode(value)
        what = f"the text {value!r}" if type(value) is str else f"of type {type(value).__name__}"
        raise LazyaxTypeError(
            f"save: {where}, of the node made at {describe(node.origin)}, is {what}, which a file "
            "can not hold; build the graph without it"
        )

    def policy(self, value: Any, node: Node) -> list:
        """A policy as plain data.

        Raises:
            LazyaxTypeError: for a function that is none of `checkpoint_policies`.
        """
        written = encode_policy(value)
        if written is None:
            raise LazyaxTypeError(
                f"save: the checkpoint made at {describe(node.origin)} has a policy of its own, "
                f"{getattr(value, '__name__', value)!r}, and a file holds no Python functions; use "
                "one of checkpoint_policies, such as save_only_these_names with checkpoint_name"
            )
        return written


def encode_graph(graph: Graph) -> tuple[dict[str, Any], dict[str, numpy.ndarray]]:
    """A graph as a document that JSON can hold, and the arrays that it refers to.

    Raises:
        LazyaxTypeError: for parameters or tree classes that a file can not hold.
    """
    rules = Rules(graph, nodes_to_write)
    encoder = _Encoder(rules)
    for whole in [*rules.graphs, graph]:
        for each in [*nested_graphs(nodes_to_write(whole)), whole]:
            if each not in encoder.graphs:
                encoder.add_graph(each)
    document = {
        "avals": [[aval.dtype.name, list(aval.shape), aval.weak_type] for aval in encoder.avals],
        "lines": list(encoder.lines),
        "ops": encoder.written_ops,
        "nodes": encoder.written_nodes,
        "graphs": encoder.written_graphs,
    }
    if rules.found:
        document["rules"] = [encode_rule(*found, encoder.graphs) for found in rules.found]
    return document, encoder.arrays


class _Decoder:
    """State of reading one graph."""

    def __init__(self, document: Mapping[str, Any], arrays: Mapping[str, numpy.ndarray]):
        self.arrays = arrays
        self.avals = [decode_aval(*entry) for entry in document["avals"]]
        self.origins = [origin_of(text) for text in document["lines"]]
        self.written_ops = document["ops"]
        self.rules = [empty_rule(*entry) for entry in document.get("rules", ())]
        self.ops: dict[int, Op] = {}
        self.nodes: list[Node] = []
        self.graphs: list[Graph] = []

    def node(self, number: int) -> Node:
        """A node by its number, which is not negative."""
        return self.nodes[_index(number)]

    def add_node(self, op: int, operands: list, avals: Any, line: int | None, value: Any) -> None:
        """Read the next node."""
        aval = (
            tuple(self.avals[_index(i)] for i in avals)
            if type(avals) is list
            else self.avals[_index(avals)]
        )
        self.nodes.append(
            Node(
                self.op(op),
                tuple(self.node(operand) for operand in operands),
                aval,
                None if line is None else self.origins[_index(line)],
                self.value(value, aval),
            )
        )

    def value(self, value: Any, aval: Any) -> Any:
        """The value of a node: a buffer, a number or None."""
        if type(value) is dict and "array" in value:
            return buffers.put(from_file(self.arrays[value["array"]], aval))
        return None if value is None else decode(value)

    def op(self, number: int) -> Op:
        """An op by its number.

        Raises:
            FormatError: for one that this lazyax does not have.
        """
        op = self.ops.get(_index(number))
        if op is None:
            name, parameters = self.written_ops[number]
            op = self.ops[number] = self.make_op(name, parameters)
        return op

    def make_op(self, name: str, written: Mapping[str, Any]) -> Op:
        """The op of a class name and parameters."""
        cls = REGISTRY.get(name)
        if cls is None:
            raise FormatError(
                f"it uses the op {name!r}, which this lazyax does not have; upgrade lazyax, or "
                "import the module that defines the op first"
            )
        fields = {field.name: field for field in meaning(cls)}
        unknown = written.keys() - fields.keys()
        if unknown:
            raise FormatError(f"its op {name} has the parameter {min(unknown)!r}, not known here")
        parameters = {str(fields[key].alias): self.parameter(v) for key, v in written.items()}
        for value in written.values():
            if type(value) is str and not cls.abstract and not PLAIN_TEXT.fullmatch(value):
                raise FormatError(f"its op {name} has the text {value!r} as a parameter")
        return cls(**parameters)

    def parameter(self, value: Any) -> Any:
        """A parameter from plain data."""
        if type(value) is list:
            return tuple(self.parameter(part) for part in value)
        if type(value) is dict and "graph" in value:
            return self.graphs[_index(value["graph"])]
        if type(value) is dict and "op" in value:
            return self.op(value["op"])
        if type(value) is dict and "rule" in value:
            return self.rules[_index(value["rule"])]
        if type(value) is dict and "policy" in value:
            return decode_policy(value["policy"])
        return decode(value)

    def add_graph(self, entry: Mapping[str, Any]) -> None:
        """Read the next graph, whose nodes have been read."""
        self.graphs.append(
            Graph(
                [self.node(number) for number in entry["inputs"]],
                [self.node(number) for number in entry["outputs"]],
                None if entry["in_tree"] is None else tree_of(entry["in_tree"]),
                None if entry["out_tree"] is None else tree_of(entry["out_tree"]),
                [str(name) for name in entry["names"]],
            )
        )


def decode_graph(document: Mapping[str, Any], arrays: Mapping[str, numpy.ndarray]) -> Graph:
    """The graph of a document.

    Raises:
        FormatError: for ops that this lazyax does not have.
        Exception: any other, for a document that was not made by `encode_graph`.
    """
    decoder = _Decoder(document, arrays)
    written = document["nodes"]
    for entry in document["graphs"]:
        for node in written[len(decoder.nodes) : entry["nodes"]]:
            decoder.add_node(*node)
        decoder.add_graph(entry)
    for rule, (_, _, numbers, _) in zip(decoder.rules, document.get("rules", ()), strict=True):
        fill_rule(rule, [decoder.graphs[_index(number)] for number in numbers])
    require_rules_fit(decoder.nodes)
    return decoder.graphs[-1]


def _index(number: Any) -> int:
    """``number`` as an index of a list, from its beginning."""
    if type(number) is not int or number < 0:
        raise ValueError(f"{number!r} where the number of an entry should be")
    return number


NUMBERS = (bool, int, float, complex)


def encode_number(value: complex) -> Any:
    """A Python number, exactly: floats as the hexadecimal text that `float.hex` gives."""
    if type(value) is float:
        return {"float": value.hex()}
    if type(value) is complex:
        return {"complex": [value.real.hex(), value.imag.hex()]}
    return value


ENCODERS: dict[type | tuple, Callable[[Any], Any]] = {
    (bool, int, float, complex): encode_number,
    type(None): lambda value: None,
    bytes: lambda value: {"bytes": base64.b64encode(value).decode()},
    numpy.dtype: lambda value: {"dtype": value.name},
    numpy.generic: lambda value: {"scalar": [value.dtype.name, value.tobytes().hex()]},
    Aval: lambda value: {"aval": [value.dtype.name, list(value.shape), value.weak_type]},
}


def decode_aval(dtype: str, shape: Sequence[int], weak_type: bool) -> Aval:
    """An aval from plain data."""
    return aval_of(tuple(_index(length) for length in shape), DTYPES[dtype], bool(weak_type))


DECODERS: dict[str, Callable[[Any], Any]] = {
    "float": float.fromhex,
    "complex": lambda parts: complex(*map(float.fromhex, parts)),
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "dtype": DTYPES.__getitem__,
    "scalar": lambda parts: numpy.frombuffer(bytes.fromhex(parts[1]), DTYPES[parts[0]])[0],
    "aval": lambda parts: decode_aval(*parts),
}


def decode(value: Any) -> Any:
    """A parameter or number from plain data."""
    if type(value) is dict:
        ((kind, data),) = value.items()
        return DECODERS[kind](data)
    if value is None or type(value) in (bool, int, str):
        return value
    raise ValueError(f"{value!r} where a parameter should be")


SAFETENSORS = frozenset(DTYPES[name] for name in DTYPES if DTYPES[name].kind in "biuf")


def to_file(array: numpy.ndarray) -> numpy.ndarray:
    """An array as safetensors takes it: of dtypes that it may lack, the bits as integers."""
    array = numpy.ascontiguousarray(array)
    if array.dtype in SAFETENSORS and array.dtype not in EXTENDED:
        return array
    return array.reshape(-1).view(f"u{min(array.dtype.itemsize, 8)}")


def from_file(array: numpy.ndarray, aval: Aval) -> numpy.ndarray:
    """The array of an aval from what `to_file` gave."""
    if array.dtype != aval.dtype:
        array = array.view(aval.dtype)
    return array.reshape(aval.shape)


def _nowhere() -> None:
    """Lends its code object to the lines of loaded graphs; never called."""


_TEMPLATE: CodeType = _nowhere.__code__


def origin_of(text: str) -> Origin:
    """The origin that is described by ``file:line``: a code object that says so, and no more."""
    path, _, line = text.rpartition(":")
    if not (text.isprintable() and line.isdecimal()):
        raise ValueError(f"{text!r} where file:line should be")
    return _TEMPLATE.replace(co_filename=path, co_firstlineno=int(line), co_linetable=b""), 0

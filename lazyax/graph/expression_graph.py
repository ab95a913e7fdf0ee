"""The expression graph as networkx sees it: the nodes themselves are the storage.

Importing this imports networkx, which takes 0.1 s; only what asks for the graph imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

import networkx

from lazyax.graph.aval import Aval
from lazyax.graph.node import Node, aval_text, settling
from lazyax.graph.op import Op
from lazyax.graph.origin import Lines, describe
from lazyax.graph.traversal import toposort


def _of_each(aval: Aval | tuple[Aval, ...], attribute: str) -> Any:
    if isinstance(aval, tuple):
        return tuple(getattr(part, attribute) for part in aval)
    return getattr(aval, attribute)


ATTRIBUTES: dict[str, Callable[[Node, Op], Any]] = {
    "op": lambda node, op: op,
    "name": lambda node, op: op.name,
    "label": lambda node, op: f"{op} : {aval_text(node.aval)}",
    "aval": lambda node, op: node.aval,
    "shape": lambda node, op: _of_each(node.aval, "shape"),
    "dtype": lambda node, op: _of_each(node.aval, "dtype"),
    "parameters": lambda node, op: op.parameters,
    "line": lambda node, op: describe(node.origin),
    "materialized": lambda node, op: node.value is not None,
}
"""Attributes that networkx sees on a node, read from the node when asked for."""


class Attributes(Mapping):
    """Abstract: attributes of a node or an edge, for networkx. Read-only."""

    __slots__ = ()

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        refuse("setting an attribute")

    def copy(self) -> dict[str, Any]:
        """The attributes as a dict, as networkx copies them."""
        return dict(self)

    def __deepcopy__(self, memo: dict) -> dict[str, Any]:
        return dict(self)  # the values are immutable

    def __repr__(self) -> str:
        return repr(dict(self))


class NodeAttributes(Attributes):
    """Those of `ATTRIBUTES`, of one node and the op that it had when the graph was made."""

    __slots__ = ("_node", "_op")

    def __init__(self, node: Node, op: Op):
        self._node = node
        self._op = op

    def __getitem__(self, name: str) -> Any:
        return ATTRIBUTES[name](self._node, self._op)

    def __iter__(self) -> Iterator[str]:
        return iter(ATTRIBUTES)

    def __len__(self) -> int:
        return len(ATTRIBUTES)


class EdgeAttributes(Attributes):
    """None: what there is to say of an edge, the operand's position, is its key."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


NO_ATTRIBUTES = EdgeAttributes()


class _Atlas(Mapping):
    """A mapping over the nodes of a graph, made by ``of(node)`` when it is first asked for."""

    __slots__ = ("_made", "_nodes", "_of")

    def __init__(self, nodes: Mapping[Node, Any], of: Callable[[Node], Mapping]):
        self._nodes = nodes
        self._of = of
        self._made: dict[Node, Mapping] = {}

    def __getitem__(self, node: Node) -> Mapping:
        made = self._made.get(node)
        if made is None:
            # networkx asks for all users of a node once for each of them
            made = self._made[node] = self._of(node)
        return made

    def __contains__(self, node: object) -> bool:
        return node in self._nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


class ExpressionGraph(networkx.MultiDiGraph):
    """What ``roots`` depend on, as a read-only `networkx.MultiDiGraph`.

    Nodes are the expression's own; an edge goes from an operand to its user, and its key is the
    operand's position, so ``x * x`` has two edges. Operands before users is the order of
    ``graph.nodes``. Nothing is copied but one dict that says who uses a node. Every algorithm of
    networkx works; ``copy()`` gives an ordinary graph that can be changed, and
    ``to_networkx(plain=True)`` one that can be exported.

    The graph is what it was when it was made: it keeps the history of nodes that are
    materialized later.

    >>> import lazyax as lx, networkx
    >>> x = lx.numpy.ones(3)
    >>> graph = (x * x).graph
    >>> [graph.nodes[node]["name"] for node in networkx.topological_sort(graph)][-1]
    'Multiply'
    >>> graph.number_of_edges(x.node, graph.roots[0])
    2

    Args:
        roots: nodes to start from.

    Attributes:
        roots: the nodes that it was made of.
    """

    frozen = True  # what networkx.is_frozen asks

    def __new__(cls, roots: Iterable[Node] | None = None):
        """An ordinary graph without ``roots``."""
        if roots is None:
            # networkx fills graph.__class__() with copies and views: those are ordinary graphs
            return networkx.MultiDiGraph()
        return super().__new__(cls)

    def __init__(self, roots: Iterable[Node]):
        super().__init__()
        self.roots = tuple(roots)
        with settling:
            past = {node: (node.op, node.operands) for node in toposort(self.roots)}
        users: dict[Node, list[tuple[Node, int]]] = {node: [] for node in past}
        for user, (_, operands) in past.items():
            for position, operand in enumerate(operands):
                users[operand].append((user, position))
        self._node = _Atlas(past, lambda node: NodeAttributes(node, past[node][0]))
        self._pred = _Atlas(
            past,
            lambda node: _edges((operand, i) for i, operand in enumerate(past[node][1])),
        )
        self._adj = _Atlas(past, lambda node: _edges(users[node]))

    def __deepcopy__(self, memo: dict) -> ExpressionGraph:
        return self  # immutable

    def to_networkx(self, plain: bool = False) -> networkx.MultiDiGraph:
        """An ordinary graph, which can be changed.

        Args:
            plain: number the nodes, operands first, and give them attributes of types that all
                exporters take (GraphML, GML, JSON): ``name``, ``label``, ``parameters``,
                ``aval``, ``line`` as text and ``materialized``, ``root`` as 0 or 1.

        >>> import lazyax as lx
        >>> plain = (lx.numpy.ones(3) * 2).graph.to_networkx(plain=True)
        >>> plain.nodes[len(plain) - 1]["name"]
        'Multiply'
        """
        if not plain:
            return self.copy()
        result = networkx.MultiDiGraph()
        number = {node: i for i, node in enumerate(self._node)}
        roots, lines = set(self.roots), Lines()
        for node, attributes in self._node.items():
            parameters = attributes["parameters"].items()
            result.add_node(
                number[node],
                name=attributes["name"],
                label=attributes["label"],
                parameters=", ".join(f"{name}={value}" for name, value in parameters),
                aval=aval_text(node.aval),
                line=lines[node.origin],
                materialized=int(attributes["materialized"]),
                root=int(node in roots),
            )
        for operand, user, position in self.edges(keys=True):
            result.add_edge(number[operand], number[user], key=position, operand=position)
        return result


def _edges(ends: Iterable[tuple[Node, int]]) -> dict[Node, dict[int, Mapping]]:
    """The edges to ``ends``, as networkx nests them: other end, then key, then attributes."""
    edges: dict[Node, dict[int, Mapping]] = {}
    for node, position in ends:
        edges.setdefault(node, {})[position] = NO_ATTRIBUTES
    return edges


def refuse(what: str) -> NoReturn:
    """Raise, since an expression graph does not change.

    Raises:
        NetworkXError: always.
    """
    raise networkx.NetworkXError(
        f"{what}: an expression graph is read-only, its nodes are those of the arrays; change "
        "graph.copy(), which is an ordinary networkx.MultiDiGraph"
    )


def _refusing(name: str) -> Callable:
    def method(self: ExpressionGraph, *arguments: Any, **kwargs: Any) -> NoReturn:
        refuse(name)

    method.__name__ = name
    method.__doc__ = "Refused: an expression graph is read-only."
    return method


for _name in (
    "add_edge", "add_edges_from", "add_node", "add_nodes_from", "add_weighted_edges_from",
    "clear", "clear_edges", "remove_edge", "remove_edges_from", "remove_node",
    "remove_nodes_from", "update",
):  # fmt: skip
    setattr(ExpressionGraph, _name, _refusing(_name))

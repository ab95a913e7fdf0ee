"""Transforms of structures that were transformed before, made again without asking the rules.

A training loop builds the same loss in each step, and its gradient is the same nodes above it. What
rules gave is remembered as a recipe: the steps of a walk over what was transformed, and the nodes
that were made. Where the walk agrees, these are made again: 0.3 us a node instead of 3-8
(docs/adr/0028).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import attrs

from lazyax.graph.aval import Aval
from lazyax.graph.graph import nested_graphs
from lazyax.graph.growth import now
from lazyax.graph.node import Node, settling
from lazyax.graph.op import Op
from lazyax.graph.origin import Sites, current_origin
from lazyax.graph.records import Records, taking
from lazyax.graph.results import note_result
from lazyax.graph.traversal import toposort
from lazyax.ops.primitives.leaves import Project

MOST_NODES = 200_000
"""Nodes of all that recipes are of."""


@attrs.frozen(eq=False)
class Recipe:
    """What a transform made of a structure.

    Places are counted: first the inputs, then the roots, what a walk from them meets first, and
    what was made.

    Attributes:
        avals: of the inputs.
        steps: for each node met its op, how many operands it has, and where those are that were
            met before, or None where that is none of them; for a leaf its aval instead of those.
        made: for each node made its op, aval, what takes its operands, and the place of the node
            whose line it has: None where it is that of the call.
        results: places of the results; None is a known zero.
    """

    avals: list[Aval]
    steps: list[tuple]
    made: list[tuple]
    results: list[int | None]

    def follow(self, roots: Sequence[Node], inputs: Sequence[Node]) -> list[Node | None] | None:
        """The results for roots of the same structure; None for those of another."""
        found = self._walk(roots, inputs)
        if found is None:
            return None
        here = None
        for op, aval, take, source in self.made:
            operands = take(found)
            born = now()
            for operand in operands:
                if operand.born < born:
                    born = operand.born
            if source is not None:
                origin = found[source].origin
            else:
                origin = here = here or current_origin()
            node = Node(op, operands, aval, origin, None, born)
            if type(op) is Project:
                note_result(node)
            found.append(node)
        return [None if place is None else found[place] for place in self.results]

    def _walk(self, roots: Sequence[Node], inputs: Sequence[Node]) -> list[Node] | None:
        """The nodes of places, if they are as the steps say. The hottest path of gradients."""
        if [node.aval for node in inputs] != self.avals:
            return None
        found = [*inputs, *roots]
        for node, (op, count, places) in zip(
            islice(found, len(inputs), None), self.steps, strict=False
        ):
            operands = node.operands
            if len(operands) != count or (node.op is not op and node.op != op):
                return None
            if places is None:
                found += operands
            elif not count:
                if node.aval is not places:
                    return None
            else:
                for operand, place in zip(operands, places, strict=True):
                    if place is None:
                        found.append(operand)
                    elif found[place] is not operand:
                        return None
        # a node that is met where the recipe has two is in two places
        is_alike = len(found) == len(inputs) + len(self.steps) == len(set(found))
        return found if is_alike else None


recipes: Records[Recipe] = Records(MOST_NODES)
"""Of the process; `lazyax.graph.node.settling` is held by who asks it."""

_sizes = Sites()
"""How many nodes were made at the last transform of a site that no recipe was there for."""


def replayed(
    transform: str,
    roots: Sequence[Node],
    inputs: Sequence[Node],
    derive: Callable[[], list[Node | None]],
) -> list[Node | None]:
    """What ``derive`` gives, by a recipe if it gave it for this structure before.

    The structure is all that ``roots`` depend on, down to leaves and ``inputs``: ops, their order
    and sharing, avals. Values, lines and identities are not in it. A recipe is kept the second time
    in a row that so many nodes are made at a line. None is kept where rules are functions of
    something else (`Op.repeatable`), or give nodes that exist already.

    Args:
        transform: its name, and all that it depends on beside these.
        roots: the results to transform.
        inputs: nodes on which they depend, of one op, below which nothing is looked at.
        derive: makes nodes of ``roots``, ``inputs`` and what is between; None is a known zero.
    """
    code, offset = roots[0].origin or (None, 0)
    site = (id(code), offset, transform, roots[0].aval, len(inputs))
    with settling:
        found = recipes.recall(site, lambda recipe: recipe.follow(roots, inputs))
    if found is not None:
        return found
    before = now()
    results = derive()
    size = (code, now() - before)  # what other threads make meanwhile is counted too
    if _sizes.get(site) == size:
        with settling:
            recipe = _recipe_of(roots, inputs, results)
            if recipe is not None:
                recipes.remember(site, recipe)
    _sizes[site] = size
    return results


def _recipe_of(
    roots: Sequence[Node], inputs: Sequence[Node], results: Sequence[Node | None]
) -> Recipe | None:
    """The recipe by which ``results`` were made; None where it would not hold again."""
    found = [*inputs, *roots]
    place_of = {node: place for place, node in enumerate(found)}
    if len(place_of) < len(found):
        return None
    steps: list[tuple] = []
    for node in islice(found, len(inputs), None):
        places: list[int | None] = []
        for operand in node.operands:
            place = place_of.get(operand)
            places.append(place)
            if place is None:
                place_of[operand] = len(found)
                found.append(operand)
        is_new = places and all(place is None for place in places)
        where = (None if is_new else tuple(places)) if places else node.aval
        steps.append((node.op, len(places), where))
    if not all(op.repeatable for op in _ops_of(found[len(inputs) :])):
        return None
    lines = {id(node.origin): place for place, node in enumerate(found) if node.origin is not None}
    made: list[tuple] = []
    live = [node for node in results if node is not None]
    for node in toposort(live, stop=set(found)):
        if node in place_of:
            continue
        if node.value is not None or (node.op.abstract and not node.operands):
            return None
        place_of[node] = len(found) + len(made)
        take = taking([place_of[operand] for operand in node.operands])
        made.append((node.op, node.aval, take, lines.get(id(node.origin))))
    return Recipe(
        [node.aval for node in inputs],
        steps,
        made,
        [None if node is None else place_of[node] for node in results],
    )


def _ops_of(nodes: Sequence[Node]) -> Iterator[Op]:
    """Ops of nodes, and of those in the graphs that they hold."""
    inner = [node for graph in nested_graphs(nodes) for node in graph.nodes]
    return (node.op for node in (*nodes, *inner))

"""The laws, each a function that raises AssertionError for a case that breaks it."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy

from lazyax.array import Array
from lazyax.graph.aval import aval_of
from lazyax.graph.node import Node
from lazyax.graph.op import Op
from lazyax.graph.structure import number_graph
from lazyax.graph.traversal import toposort
from lazyax.graph.verify import verify
from lazyax.ops.primitives import Convert, Real, ReduceSum
from lazyax.ops.primitives.leaves import Variable, input_leaf
from lazyax.transforms.evaluate import evaluate
from lazyax.transforms.gradient import derive
from lazyax.transforms.jvp import jvp
from lazyax.transforms.replay import replayed
from lazyax.transforms.transpose import transpose
from lazyax.transforms.vmap import batch
from lazyax.xla import buffers, execute
from lazyax.xla.lowering import lower
from lazyax.xla.plan import plan
from tests.laws.case import Case

Arrays = Sequence[numpy.ndarray]
Which = tuple[bool, ...]

TOLERANCES = {
    "float64": 1e-11,
    "complex128": 1e-11,
    "float32": 2e-5,
    "complex64": 2e-5,
    "float16": 5e-3,
    "bfloat16": 3e-2,
}
"""Relative to the value, and to the largest value of the array; other dtypes are exact."""

STEP = 1e-5
FINITE_DIFFERENCES = 1e-7
"""Step of central differences in double precision, and the error that they are allowed."""


def assert_close(actual: Arrays, expected: Arrays, tolerance: float | None = None) -> None:
    """Shapes and dtypes are equal, and values within the tolerance of their dtype."""
    for one, other in zip(actual, expected, strict=True):
        assert one.shape == other.shape, f"shape {one.shape}, expected {other.shape}"
        assert one.dtype == other.dtype, f"dtype {one.dtype}, expected {other.dtype}"
        allowed = TOLERANCES.get(one.dtype.name, 0) if tolerance is None else tolerance
        if one.dtype.kind not in "biu":
            wide = numpy.complex128 if one.dtype.kind == "c" else numpy.float64
            one, other = one.astype(wide), other.astype(wide)
        scale = numpy.abs(other[numpy.isfinite(other)]).max(initial=1) if allowed else 0
        numpy.testing.assert_allclose(one, other, rtol=allowed, atol=allowed * scale)


def by_numpy(roots: Sequence[Node], inputs: Sequence[Node], arrays: Arrays) -> list[numpy.ndarray]:
    """Values of ``roots``, each op computed by its ``evaluate``."""
    given = dict(zip(inputs, arrays, strict=True))
    return evaluate(roots, lambda leaf: numpy.asarray(Array(leaf)), given)


def by_xla(roots: Sequence[Node], inputs: Sequence[Node], arrays: Arrays) -> list[numpy.ndarray]:
    """Values of ``roots``, computed by one XLA program."""
    planned = plan(roots, inputs=inputs, keep_wanted=False)
    given = [buffers.put(numpy.ascontiguousarray(array)) for array in arrays]
    results = execute.program_of(planned).run(given, [leaf.value for leaf in planned.scalars])
    value_of = {
        node: buffers.to_numpy(buffer, node.aval)
        for nodes, buffer in zip(planned.settled, results, strict=True)
        for node in nodes
    }
    return [value_of[root] for root in roots]


def check_value(case: Case, rng: numpy.random.Generator) -> None:
    """XLA's result equals NumPy's, and both have the inferred shape and dtype."""
    inputs, arrays = case.inputs(), case.sample(rng)
    roots = case.results(inputs)
    avals = [(root.aval.shape, root.aval.dtype) for root in roots]
    computed = by_xla(roots, inputs, arrays)
    assert [(array.shape, array.dtype) for array in computed] == avals
    assert_close(computed, by_numpy(roots, inputs, arrays))


def check_inferred_aval(case: Case, rng: numpy.random.Generator) -> None:
    """NumPy's result has the inferred aval before the evaluator converts it.

    What it may convert: integers of another width, and 16-bit floats computed in 32.
    """
    case = attrs.evolve(case, determined=None)
    inputs, arrays = case.inputs(), case.sample(rng)
    with numpy.errstate(all="ignore"):
        operands = arrays if case.of is None else [case.of.evaluate(*arrays)]
        if case.prepare is not None:
            operands = by_numpy(case.prepare(*inputs), inputs, arrays)
        result = case.op.evaluate(*operands)
    results = result if isinstance(result, tuple) else (result,)
    for array, root in zip(results, case.results(inputs), strict=True):
        found, dtype = numpy.asarray(array), root.aval.dtype
        narrow = root.aval.is_inexact and dtype.itemsize == 2 and found.dtype == numpy.float32
        if narrow or (dtype.kind in "iu" and found.dtype.kind in "iu"):
            found = found.astype(dtype)
        assert (found.shape, found.dtype) == (root.aval.shape, dtype)


SPECIAL = [numpy.nan, numpy.inf, 0.0, 1.0, 0.5, 1.5, 2.5, 3.0, 88.0, 1e18]
"""Numbers at which functions are special; the negatives too."""


def check_special_values(op: Op, arity: int, dtype: numpy.dtype) -> None:
    """An elementwise op is NumPy's at NaN, infinities, zeros, and the ends of integers.

    The sign of a zero is not compared.
    """
    if dtype.kind == "f":
        values = numpy.array(SPECIAL + [-value for value in SPECIAL], dtype)
    else:
        low, high = numpy.iinfo(dtype).min, numpy.iinfo(dtype).max
        values = numpy.array([low, low + 1, high - 1, high, 0, 1, 2, 3, 7], dtype)
    arrays = [grid.ravel() for grid in numpy.meshgrid(*[values] * arity)]
    inputs = [input_leaf(aval_of(array.shape, dtype)) for array in arrays]
    root = op(*inputs)
    (found,), (expected,) = (run([root], inputs, arrays) for run in (by_xla, by_numpy))
    allowed = TOLERANCES.get(found.dtype.name, 0)
    numpy.testing.assert_allclose(found, expected, allowed, allowed)


def check_single_elements(case: Case, which: Which, rng: numpy.random.Generator) -> None:
    """An elementwise op takes single elements beside whole arrays, and broadcasts them in NumPy."""
    arrays = case.sample(rng)
    elements = [x.reshape(-1)[0] if w else x for x, w in zip(arrays, which, strict=True)]
    spread = [numpy.broadcast_to(one, x.shape) for one, x in zip(elements, arrays, strict=True)]
    with numpy.errstate(all="ignore"):
        found = case.op.evaluate(*map(numpy.asarray, elements))
        expected = case.op.evaluate(*spread)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    numpy.testing.assert_array_equal(found, expected)


OPERATION = r"(?:stablehlo|chlo|func)\.\w+"


def emitted(case: Case) -> set[str]:
    """Names of the operations that a case lowers to, beside those of what it projects."""
    inputs = case.inputs()
    if case.prepare is not None:
        inputs = [input_leaf(operand.aval) for operand in case.prepare(*inputs)]
    alone = attrs.evolve(case, prepare=None, determined=None)
    text = lower(plan(alone.results(inputs), inputs=inputs, keep_wanted=False))
    projected = emitted(Case(case.of, case.operands)) if case.of else set()
    return set(re.findall(OPERATION, text)) - projected - {"func.func"}


def check_docstring(op: type[Op], cases: Sequence[Case]) -> None:
    """Each operation that the docstring says the op lowers to is emitted for one of its cases."""
    sentence = re.search(r"Lowers\s+to\s+(.*?)(?:\.\s|\.?\s*$|:)", op.__doc__, re.DOTALL)
    assert sentence, f"the docstring of {op.__name__} does not say what it lowers to"
    found = set().union(*[emitted(case) for case in cases])
    documented = set(re.findall(f"`({OPERATION})`", sentence[1]))
    assert documented <= found, f"{documented - found} is documented, {found} is emitted"
    if not documented:
        assert sentence[1].split()[0] == "nothing", f"lowers to {sentence[1]}?"
        assert not found, f"lowers to nothing, and {found} is emitted"


@attrs.frozen(eq=False)
class Linearized:
    """A case at a point, and its tangents as linear functions of tangent inputs.

    Attributes:
        inputs, arrays: the operands and their values.
        results: the nodes of the results.
        chosen: the operands that move.
        along, directions: for each of them a tangent input, and a value of it.
        tangents: of the results; None is a known zero.
    """

    inputs: list[Node]
    arrays: list[numpy.ndarray]
    results: list[Node]
    chosen: list[Node]
    along: list[Node]
    directions: list[numpy.ndarray]
    tangents: list[Node | None]

    @property
    def live(self) -> list[Node]:
        """The tangents that are not known zeros."""
        return [tangent for tangent in self.tangents if tangent is not None]

    @property
    def values(self) -> dict[Node, numpy.ndarray]:
        """The values of all inputs."""
        known = dict(zip(self.inputs, self.arrays, strict=True))
        return known | dict(zip(self.along, self.directions, strict=True))


def linearize(case: Case, which: Which, rng: numpy.random.Generator) -> Linearized:
    """A case at random operands, of which the chosen move in random directions."""
    inputs, arrays = case.inputs(), case.sample(rng)
    results = case.results(inputs)
    moving = [index for index, chosen in enumerate(which) if chosen]
    chosen = [inputs[index] for index in moving]
    along = [input_leaf(node.aval) for node in chosen]
    directions = [case.operands[index].tangent(rng) for index in moving]
    tangents = jvp(results, chosen, along)
    return Linearized(inputs, arrays, results, chosen, along, directions, tangents)


def check_jvp(case: Case, which: Which, rng: numpy.random.Generator) -> None:
    """The tangent equals central finite differences, in double precision."""
    at = linearize(case, which, rng)
    if case.flat:
        assert not at.live, "a tangent, where it is zero by decree"
        return
    if case.rounds:
        tangent, itself = (
            by_numpy(nodes, at.along, at.directions)
            for nodes in (at.tangents, [case.op(*at.along)])
        )
        assert_close(tangent, itself, 0)
        return
    moves = dict(zip(at.chosen, at.directions, strict=True))
    differences = central_differences(at.results, at.values, moves)
    check_tangents(at.tangents, at.results, differences, at.values)


def check_tangents(tangents, results, differences, values) -> None:
    """Tangents, of which None is a known zero, have the results' avals and these values."""
    for tangent, result, difference in zip(tangents, results, differences, strict=True):
        if tangent is None:
            assert_close([difference], [numpy.zeros_like(difference)], FINITE_DIFFERENCES)
            continue
        assert result.aval.is_inexact, f"{result.aval} has a tangent {tangent.aval}"
        assert_same_aval(tangent, result)
        value = by_numpy([tangent], list(values), list(values.values()))
        assert_close(value, [difference], FINITE_DIFFERENCES)


def central_differences(
    roots: Sequence[Node], values: Mapping[Node, numpy.ndarray], moves: Mapping
) -> list[numpy.ndarray]:
    """Change of the roots when the nodes in ``moves`` do; of integers, zero."""
    ends = []
    for step in (STEP, -STEP):
        moved = [x + step * moves[node] if node in moves else x for node, x in values.items()]
        ends.append(by_numpy(roots, list(values), moved))
    return [
        (after - before) / (2 * STEP) if after.dtype.kind in "fc" else numpy.zeros(after.shape)
        for after, before in zip(*ends, strict=True)
    ]


def assert_same_aval(node: Node, like: Node) -> None:
    """Shape and dtype agree."""
    got, wanted = (node.aval.shape, node.aval.dtype), (like.aval.shape, like.aval.dtype)
    assert got == wanted, f"got {node.aval}, expected {like.aval}"


def inner(pairs: Iterable[tuple]) -> tuple[float, float]:
    """The pairing of tangents and cotangents: the real part of the sum of products; and its size.

    None is a known zero.
    """
    products = [
        (a.astype(numpy.complex128) * b.astype(numpy.complex128)).real
        for a, b in pairs
        if a is not None
    ]
    return sum(p.sum() for p in products), sum(numpy.abs(p).sum() for p in products)


def coarsest(nodes: Sequence[Node]) -> float:
    """The tolerance of the least precise dtype."""
    return max(TOLERANCES[node.aval.dtype.name] for node in nodes)


def check_transpose(case: Case, which: Which, rng: numpy.random.Generator) -> None:
    """``<ct, J dx> == <J^T ct, dx>``, for each result alone and for all together."""
    at = linearize(case, which, rng)
    for roots in [[root] for root in at.live] + ([at.live] if len(at.live) > 1 else []):
        cotangents = [input_leaf(root.aval) for root in roots]
        pulled = transpose(roots, at.along, cotangents)
        for cotangent, primal in zip(pulled, at.along, strict=True):
            if cotangent is not None:
                assert_same_aval(cotangent, primal)
        weights = [sample_like(root, rng) for root in roots]
        values = at.values | dict(zip(cotangents, weights, strict=True))
        forward, size = inner(zip(weights, evaluated(roots, values), strict=True))
        backward, _ = inner(zip(evaluated(pulled, values), at.directions, strict=True))
        allowed = coarsest(roots + at.along) * (1 + size)
        assert abs(forward - backward) <= allowed, f"<ct, J dx> {forward}, <J^T ct, dx> {backward}"


def sample_like(node: Node, rng: numpy.random.Generator) -> numpy.ndarray:
    """Random numbers of a node's shape and dtype."""
    value = rng.uniform(-1, 1, node.aval.shape)
    if node.aval.dtype.kind == "c":
        value = value + 1j * rng.uniform(-1, 1, node.aval.shape)
    return numpy.asarray(value, node.aval.dtype)


def evaluated(nodes: Sequence[Node | None], values: Mapping) -> list[numpy.ndarray | None]:
    """Values of nodes in NumPy, where None stays None."""
    known = [node for node in nodes if node is not None]
    found = iter(by_numpy(known, list(values), list(values.values())))
    return [None if node is None else next(found) for node in nodes]


def batched_inputs(inputs: Sequence[Node], which: Which, size: int) -> dict[Node, Node]:
    """For each chosen input one with a batch axis."""
    return {
        node: input_leaf(node.aval.with_shape((size, *node.aval.shape)))
        for node, chosen in zip(inputs, which, strict=True)
        if chosen
    }


def check_vmap_is_a_loop(
    case: Case, which: Which, rng: numpy.random.Generator, size: int = 3
) -> None:
    """The batched op on stacked operands gives the stack of the op on each."""
    lanes = [case.sample(rng) for _ in range(size)]
    stacked = [
        numpy.stack(column) if chosen else column[0]
        for column, chosen in zip(zip(*lanes, strict=True), which, strict=True)
    ]
    inputs = case.inputs()
    roots = case.results(inputs)
    loop = [
        by_numpy(
            roots,
            inputs,
            [s[lane] if chosen else s for s, chosen in zip(stacked, which, strict=True)],
        )
        for lane in range(size)
    ]
    mapped = batched_inputs(inputs, which, size)
    rows, batched = batch(roots, mapped, size)
    assert all(batched), "a result that depends on a batched operand is not batched"
    for result, root in zip(rows, roots, strict=True):
        assert result.aval.dtype == root.aval.dtype, f"{root.aval} became {result.aval}"
    found = by_numpy(rows, [mapped.get(node, node) for node in inputs], stacked)
    assert_close(found, [numpy.stack(results) for results in zip(*loop, strict=True)])


def check_second_derivative(case: Case, rng: numpy.random.Generator) -> None:
    """The tangent of the tangent equals finite differences of the tangent."""
    which = next(case.choices(differentiable=True))
    at = linearize(case, which, rng)
    again = [input_leaf(node.aval) for node in at.chosen]
    second = [o.tangent(rng) for o, chosen in zip(case.operands, which, strict=True) if chosen]
    moves = dict(zip(at.chosen, second, strict=True))
    differences = central_differences(at.live, at.values, moves)
    values = at.values | dict(zip(again, second, strict=True))
    check_tangents(jvp(at.live, at.chosen, again), at.live, differences, values)


def check_mixed_derivatives_commute(case: Case, rng: numpy.random.Generator) -> None:
    """The tangent of the cotangent equals the cotangent of the tangent."""
    at = linearize(case, next(case.choices(differentiable=True)), rng)
    cotangents = [input_leaf(root.aval) for root in at.live]
    pulled = transpose(at.live, at.along, cotangents)
    moved = iter(jvp([p for p in pulled if p is not None], at.chosen, at.along))
    forward_of_reverse = [None if p is None else next(moved) for p in pulled]
    again = [input_leaf(node.aval) for node in at.chosen]
    reverse_of_forward = transpose(jvp(at.live, at.chosen, again), again, cotangents)
    values = at.values | {node: sample_like(node, rng) for node in cotangents}
    for one, other, primal in zip(forward_of_reverse, reverse_of_forward, at.chosen, strict=True):
        zero = numpy.zeros(primal.aval.shape, primal.aval.dtype)
        pair = [zero if v is None else v for v in evaluated([one, other], values)]
        assert_close(pair[:1], pair[1:])


def check_gradient_is_made_again(case: Case) -> None:
    """The gradient that is made by a recipe has the structure of the one that rules gave."""
    moves = next(case.choices(differentiable=True))
    derivations, structures, kinds = [], [], set()
    for _ in range(3):
        inputs = case.inputs()
        mark = Variable()
        marked = [mark(node) if m else node for node, m in zip(inputs, moves, strict=True)]
        variables = [node for node, m in zip(marked, moves, strict=True) if m]
        root = real_sum(case.results(marked))

        def derived(root: Node = root, variables: Sequence[Node] = tuple(variables)):
            derivations.append(root)
            return derive(root, variables)

        found = replayed(f"law {id(case)}", [root], variables, derived)
        live = [node for node in found if node is not None]
        verify(live)
        kinds.update(node.op for node in toposort([root]))
        structures.append((number_graph(inputs, live)[0], [node is None for node in found]))
    assert structures[0] == structures[1] == structures[2]
    assert len(derivations) == (2 if all(op.repeatable for op in kinds) else 3)


def real_sum(results: Sequence[Node]) -> Node:
    """The sum of the elements of results, of the real parts if complex."""
    total = None
    for node in results:
        real = Convert(numpy.dtype(float))(Real()(node) if node.aval.kind == "c" else node)
        part = ReduceSum(tuple(range(real.aval.ndim)))(real)
        total = part if total is None else total + part
    return total


def check_derivatives_on_xla(case: Case, rng: numpy.random.Generator) -> None:
    """Tangents, cotangents and batched results by XLA, as one program, equal NumPy's."""
    roots, values = [], {}
    for which in list(case.choices(differentiable=True))[:1]:
        at = linearize(case, which, rng)
        cotangents = [input_leaf(tangent.aval) for tangent in at.live]
        pulled = transpose(at.live, at.along, cotangents)
        roots += at.live + [cotangent for cotangent in pulled if cotangent is not None]
        values |= at.values | {node: sample_like(node, rng) for node in cotangents}
    for which in case.choices():
        inputs = case.inputs()
        mapped = batched_inputs(inputs, which, 2)
        roots += batch(case.results(inputs), mapped, 2)[0]
        for node, operand in zip(inputs, case.operands, strict=True):
            lanes = [operand.sample(rng) for _ in range(2)]
            values[mapped.get(node, node)] = numpy.stack(lanes) if node in mapped else lanes[0]
    names, given = list(values), list(values.values())
    assert_close(by_xla(roots, names, given), by_numpy(roots, names, given))


def check_op_is_a_value(op: Op) -> None:
    """Equal parameters make equal ops with equal hashes, through pickling too."""
    for other in (type(op)(**op.parameters), pickle.loads(pickle.dumps(op))):
        assert (other, hash(other), str(other)) == (op, hash(op), str(op))

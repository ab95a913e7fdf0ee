"""custom_jvp and custom_vjp: under every transform, beside jax, and where rules do not fit."""

from __future__ import annotations

import re

import jax
import jax.numpy
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax
from lazyax.errors import LazyaxTypeError
from lazyax.graph.verify import verify_graph
from tests.test_composition import in_numpy

X = numpy.array([0.3, -1.2, 2.0])
ROWS = numpy.stack([X, 2 * X, -X, X + 1])
W = numpy.array([0.5, -0.7, 1.1])


def assert_trees_close(ours, theirs, rtol=1e-10):
    ours, theirs = lx.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert numpy.shape(one) == numpy.shape(other)
        numpy.testing.assert_allclose(numpy.asarray(one), numpy.asarray(other), rtol, 1e-12)


def log1pexp(m, np):
    @m.custom_jvp
    def function(x):
        return np.log(1 + np.exp(x))

    @function.defjvp
    def rule(primals, tangents):
        (x,), (dx,) = primals, tangents
        return function(x), (1 - 1 / (1 + np.exp(x))) * dx

    return lambda x, w: np.sum(w * function(x))


def doubled_gradient(m, np):
    """A rule that no derivation would give, of two arguments in a tree."""

    @m.custom_vjp
    def function(both):
        return {"sum": both["x"] * both["w"], "wave": np.sin(both["x"])}

    def forward(both):
        return function(both), (both["x"], both["w"])

    def backward(residuals, cotangent):
        x, w = residuals
        by_x = 2 * w * cotangent["sum"] + np.cos(x) * cotangent["wave"]
        return ({"x": by_x, "w": x * cotangent["sum"]},)

    function.defvjp(forward, backward)

    def total(x, w):
        parts = function({"x": x, "w": w})
        return np.sum(parts["sum"] ** 2) + np.sum(parts["wave"] * w)

    return total


def by_argument(m, np):
    function = m.custom_jvp(lambda x, w: np.sin(x) * w)
    function.defjvps(lambda dx, out, x, w: 3 * np.cos(x) * w * dx, None)
    return lambda x, w: np.sum(function(x, w) * w)


def with_nondiff(m, np):
    function = m.custom_vjp(lambda f, x, w: f(x) * w, nondiff_argnums=(0,))
    function.defvjp(
        lambda f, x, w: (function(f, x, w), (x, w)), lambda f, res, g: (f(res[0]) * g, None)
    )
    return lambda x, w: np.sum(function(np.cos, x, w) ** 2)


FUNCTIONS = [log1pexp, doubled_gradient, by_argument, with_nondiff]


def reverse_results(m, np, f, x, w, rows):
    """Results of transforms by reverse mode, which jax has for each of the rules."""
    gradient = m.grad(f, (0, 1))
    mapped = m.vmap(f, (0, None))
    return {
        "value": f(x, w),
        "grad": gradient(x, w),
        "grad(jit)": m.grad(m.jit(f), (0, 1))(x, w),
        "vmap(grad)": m.vmap(gradient, (0, None))(rows, w),
        "grad(vmap)": m.grad(lambda x, w: np.sum(mapped(x, w)), (0, 1))(rows, w),
        "grad(grad)": m.grad(lambda x, w: np.sum(gradient(x, w)[0] ** 2), (0, 1))(x, w),
        "vmap(grad(grad))": m.vmap(m.grad(lambda x: np.sum(gradient(x, w)[0] ** 2)))(rows),
    }


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_reverse_mode_under_every_transform_is_jaxs(function):
    with jax.enable_x64(True):
        f = function(jax, jax.numpy)
        theirs = jax.jit(lambda *given: reverse_results(jax, jax.numpy, f, *given))(X, W, ROWS)
    f = function(lx, np)
    ours = in_numpy(lambda *given: reverse_results(lx, np, f, *given), X, W, ROWS)
    assert_trees_close(ours, theirs)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_forward_mode_is_the_transpose_of_reverse_mode(function):
    f = function(lx, np)

    def results():
        gradient = lx.grad(f, (0, 1))
        along = (X, W), (W, X)
        by_x, by_w = gradient(X, W)
        return {
            "jvp": (lx.jvp(f, *along)[1], np.sum(by_x * W) + np.sum(by_w * X)),
            "jacfwd": (lx.jacfwd(f, (0, 1))(X, W), gradient(X, W)),
            "vmap(jvp)": (
                lx.vmap(lambda x: lx.jvp(f, (x, W), (W, X))[1])(ROWS),
                lx.vmap(lambda x: np.sum(gradient(x, W)[0] * W) + np.sum(gradient(x, W)[1] * X))(
                    ROWS
                ),
            ),
        }

    for found, expected in in_numpy(results).values():
        assert_trees_close(found, expected)


def test_the_program_holds_the_functions_body_and_nothing_else():
    f = log1pexp(lx, np)
    plain = lx.trace(lambda x, w: np.sum(w * np.log(1 + np.exp(x))))(X, W)
    custom = lx.trace(f)(X, W)
    verify_graph(custom)
    assert "CustomRule(function)(" in custom.listing()
    assert [op for op in custom.compile().as_text().split() if op.startswith("stablehlo.")] == [
        op for op in plain.compile().as_text().split() if op.startswith("stablehlo.")
    ]


def test_a_graph_with_a_rule_is_transformed_again():
    f = doubled_gradient(lx, np)
    graph = lx.trace(f)(X, W)
    x, w = np.asarray(X), np.asarray(W)
    found = graph.grad((0, 1))(x, w), graph.vmap((0, None))(ROWS, W)[2]
    expected = lx.gradients(f(x, w), [x, w]), graph(-X, W)
    lx.materialize(found, expected)
    assert_trees_close(found, expected)


def test_arguments_that_only_the_rule_needs_are_not_computed():
    f = lx.custom_jvp(lambda x, unused: 2 * x)
    f.defjvps(lambda dx, out, x, unused: dx * np.sum(unused), None)
    y = f(1.0, np.dot(np.ones((2, 3)), np.ones(3)))
    assert "dot_general" not in lx.trace(lambda: y)().compile().as_text()
    assert float(lx.grad(f)(1.0, np.ones(3))) == 3.0


def test_what_a_program_computed_is_not_computed_again_behind_a_rule(compiles):
    f = lx.custom_jvp(lambda x: np.dot(x, x))
    f.defjvps(lambda dx, out, x: dx)
    y = f(np.ones((30, 30)))
    assert float(np.sum(y)) == 27000.0
    assert y.is_materialized


def test_python_branches_see_values_inside():
    @lx.custom_jvp
    def f(x):
        return x if x > 0 else -x

    f.defjvps(lambda dx, out, x: 5.0 * dx)
    assert [float(lx.grad(f)(x)) for x in (2.0, -2.0)] == [5.0, 5.0]
    assert float(f(-2.0)) == 2.0


def test_methods_keywords_and_defaults():
    class Model:
        @lx.custom_jvp
        def power(self, x, n=2):
            return x**n

    Model.power.nondiff_argnums = (0, 2)
    Model.power.defjvp(lambda model, n, primals, tangents: (primals[0] ** n, n * tangents[0]))
    assert float(lx.grad(Model().power)(3.0)) == 2.0
    assert float(lx.grad(lambda x: Model().power(x, n=3))(3.0)) == 3.0


# Bad input


def message(function, *arguments, error=LazyaxTypeError):
    with pytest.raises(error) as caught:
        function(*arguments)
    return re.sub(r"(tests/|<).*?(:\d+|>)", "LINE", str(caught.value))


def scaled(x):
    return {"y": 2 * x}


def jvp_by(rule):
    f = lx.custom_jvp(scaled)
    f.defjvp(rule)
    return lx.grad(lambda x: np.sum(f(x)["y"]))


def vjp_by(forward, backward):
    f = lx.custom_vjp(scaled)
    f.defvjp(forward, backward)
    return lx.grad(lambda x: np.sum(f(x)["y"]))


CALLED = " (scaled was called at LINE)"


def test_a_function_without_a_rule():
    assert message(lx.custom_jvp(scaled), 1.0) == (
        "custom_jvp: scaled has no rule; give it one with scaled.defjvp, or take the decorator away"
    )
    assert message(lx.custom_vjp(scaled), 1.0) == (
        "custom_vjp: scaled has no rules; give it some with scaled.defvjp, or take the decorator "
        "away"
    )


def test_a_jvp_rule_that_does_not_return_a_pair():
    assert message(jvp_by(lambda primals, tangents: scaled(*tangents)), 1.0) == (
        "custom_jvp: the rule of scaled must return a pair (result, tangent), got dict" + CALLED
    )


def test_a_jvp_rule_of_another_structure():
    rule = jvp_by(lambda primals, tangents: (scaled(*primals), tangents[0]))
    assert message(rule, 1.0) == (
        "custom_jvp: the rule of scaled returned a tangent of the structure PyTreeDef(*), where "
        "scaled returned PyTreeDef({'y': *}); make them alike" + CALLED
    )


def test_a_jvp_rule_of_another_shape():
    rule = jvp_by(lambda primals, tangents: (scaled(*primals), {"y": tangents[0][:2]}))
    assert message(rule, np.ones(3)) == (
        "custom_jvp: the rule of scaled returned the tangent['y'] f32[2] for the result['y'], "
        "which is f32[3]; it needs that shape and dtype" + CALLED
    )


def test_a_vjp_rule_that_returns_too_few_cotangents():
    rule = vjp_by(lambda x: (scaled(x), None), lambda residuals, cotangent: cotangent["y"])
    assert message(rule, 1.0) == (
        "custom_vjp: the backward rule of scaled must return a tuple of 1 cotangents, one for each "
        "argument that is not in nondiff_argnums, got Array; None stands for zero" + CALLED
    )


def test_a_vjp_rule_of_another_structure():
    rule = vjp_by(lambda x: (scaled(x), None), lambda residuals, cotangent: (cotangent,))
    assert message(rule, 1.0) == (
        "custom_vjp: the backward rule of scaled returned cotangents of the structure "
        "PyTreeDef(({'y': *},)), where the arguments have PyTreeDef((*,)); make them alike, or "
        "return None for what has cotangent zero" + CALLED
    )


def test_a_vjp_rule_of_another_shape():
    rule = vjp_by(lambda x: (scaled(x), None), lambda residuals, cotangent: (np.ones(2),))
    assert message(rule, np.ones(3)) == (
        "custom_vjp: the rule of scaled returned the cotangent[0] f32[2] for argument[0], which is "
        "f32[3]; it needs that shape and dtype" + CALLED
    )


def test_a_forward_rule_that_returns_another_result():
    rule = vjp_by(lambda x: (x, None), lambda residuals, cotangent: (cotangent["y"],))
    assert message(rule, 1.0) == (
        "custom_vjp: the forward rule of scaled returned a result of the structure PyTreeDef(*), "
        "where scaled returned PyTreeDef({'y': *}); make them alike" + CALLED
    )


def test_a_value_that_the_function_closes_over():
    def outer(w):
        f = lx.custom_jvp(lambda x: {"y": w * x})
        f.__name__ = f.name = "inner"
        f.defjvp(lambda primals, tangents: (f(*primals), {"y": tangents[0]}))
        return f(2.0)["y"]

    assert message(lx.grad(outer), 1.0) == (
        "inner, called at LINE, is differentiated by a value that it closes over: its result "
        "~f32[] depends on it, and the rule is of the arguments alone; pass the value as an "
        "argument, or through lax.stop_gradient"
    )


def steep(kind, c):
    """sin(x) * c, with the derivative 100 * c: by a rule that closes over c."""
    if kind == "custom_vjp":
        f = lx.custom_vjp(lambda x: np.sin(x) * c)
        f.defvjp(lambda x: (np.sin(x) * c, ()), lambda _, ct: (100 * ct * c,))
    else:
        f = lx.custom_jvp(lambda x: np.sin(x) * c)
        f.defjvps(lambda dx, out, x: 100 * dx * c)
    return f


def over_carries(f, x):
    return np.sum(lax.scan(lambda c, _: (c + 1.0, f(c)(x)), 0.0, length=3)[1])


ROWS_OF_THREE = numpy.arange(3, dtype="f4")
CAPTURES = {
    "an argument of jit": (lambda f, x: lx.jit(lambda c, x: f(c)(x))(2.0, x), 200),
    "jit, and x from around it": (lambda f, x: lx.jit(lambda c: f(c)(x))(2.0), 200),
    "a carry of scan": (over_carries, 300),
    "scan in scan": (
        lambda f, x: np.sum(
            lax.scan(lambda c, _: (c + 1.0, over_carries(lambda d: f(c + d), x)), 0.0, length=2)[1]
        ),
        900,
    ),
    "an index": (lambda f, x: lax.fori_loop(0, 3, lambda i, y: f(i + 1.0)(y), x), 6e6),
    "a state of while": (
        lambda f, x: lax.while_loop(
            lambda state: state[0] < 3,
            lambda state: (state[0] + 1, f(state[0])(state[1])),
            (1.0, x),
        )[1],
        2e4,
    ),
    "an operand of cond": (
        lambda f, x: lax.cond(x > 0, lambda c: f(c)(x), lambda c: c * x, 2.0),
        200,
    ),
    "an element": (lambda f, x: np.sum(lx.vmap(lambda c: f(c)(x))(ROWS_OF_THREE)), 300),
    "an element and a carry": (
        lambda f, x: np.sum(lx.vmap(lambda y: over_carries(lambda c: f(c + y), x))(ROWS_OF_THREE)),
        1800,
    ),
    "a carry inside checkpoint": (
        lambda f, x: np.sum(
            lax.scan(lx.checkpoint(lambda c, _: (c + 1.0, f(c)(x))), 0.0, length=3)[1]
        ),
        300,
    ),
}


@pytest.mark.parametrize("kind", ["custom_jvp", "custom_vjp"])
@pytest.mark.parametrize("around", CAPTURES)
def test_a_rule_may_close_over_what_is_around_the_call(around, kind):
    program, expected = CAPTURES[around]

    def f(x):
        return program(lambda c: steep(kind, c), x)

    _, tangent = lx.jvp(lx.jit(f), (1.0,), (1.0,))
    found = [lx.grad(f)(1.0), tangent, lx.vmap(lx.grad(f))(np.ones(2))[1]]
    numpy.testing.assert_allclose(lx.materialize(found), expected, rtol=1e-6)


def test_a_rule_that_uses_its_function_closes_over_what_that_does():
    def curve(c, x):
        f = lx.custom_jvp(lambda x: np.exp(c * x))
        f.defjvp(lambda primals, tangents: (f(*primals), 2 * c * f(*primals) * tangents[0]))
        return f(x)

    def total(x):
        return np.sum(lax.scan(lambda c, _: (c + 1.0, curve(c, x)), 1.0, length=2)[1])

    slopes = [total, lx.grad(total), lx.grad(lx.grad(total)), lx.hessian(lx.grad(total))]
    found = [slope(0.0) for slope in slopes]
    numpy.testing.assert_allclose(lx.materialize(found), [2, 6, 20, 72])


def test_the_gradient_by_what_a_rule_alone_closes_over_is_that_of_the_rule():
    def slope(m, np):
        def of(c):
            f = m.custom_jvp(lambda x: np.sin(x))
            f.defjvps(lambda dx, out, x: dx * c * x)
            return m.grad(lx.jit(f) if m is lx else f)(2.0)  # jax's jit loses c

        return of

    assert float(lx.grad(slope(lx, np))(3.0)) == float(jax.grad(slope(jax, jax.numpy))(3.0)) == 2.0
    plain = lx.grad(lambda c: lx.jit(lambda c: steep("custom_vjp", lax.stop_gradient(c))(1.0))(c))
    assert float(plain(3.0)) == 0.0


def test_rules_are_run_only_where_they_may_close_over_something():
    runs = []

    def counting(dx, out, x):
        runs.append(x)
        return dx

    f = lx.custom_jvp(lambda x: 2 * x)
    f.defjvps(counting)
    lx.jit(f)(1.0)
    lx.jit(lambda x: f(x) + lx.jit(f)(x))(1.0)
    assert len(runs) <= 2  # it closes over a list, which is looked into, and over nothing else
    broken = lx.custom_jvp(lambda x: 2 * x)
    broken.defjvps(lambda dx, out, x: ROWS_OF_THREE @ np.ones(2))
    assert float(lx.jit(broken)(1.0)) == 2.0


def test_forward_mode_of_a_backward_rule_that_is_not_linear():
    f = lx.custom_vjp(lambda x: x)
    f.name = "clipped"
    f.defvjp(lambda x: (x, None), lambda residuals, cotangent: (np.clip(cotangent, -1, 1),))
    assert message(lambda: lx.jvp(f, (1.0,), (1.0,))).startswith(
        "clipped: forward mode transposes its backward rule, which must be linear in the "
        "cotangents: "
    )


def test_a_nondiff_argument_without_a_value():
    f = lx.custom_jvp(lambda n, x: x * n, nondiff_argnums=0)
    f.name = "f"
    f.defjvp(lambda n, primals, tangents: (f(n, *primals), tangents[0]))
    assert message(lx.jit(lambda n, x: f(n, x)), 2.0, 3.0) == (
        "custom_jvp: argument 0 of f is in nondiff_argnums and is ~f32[], which has no value yet; "
        "nondiff arguments are functions, numbers and other constants: take it out of "
        "nondiff_argnums, and return a zero derivative for it"
    )


def test_an_argument_without_a_position():
    def scaled_by(x, *, factor=2.0):
        return factor * x

    f = lx.custom_jvp(scaled_by)
    f.defjvps(lambda dx, out, x: dx)
    assert float(f(1.0)) == 2.0
    assert message(lambda x: f(x, factor=3.0), 1.0) == (
        "custom_jvp: scaled_by was given factor by keyword alone, and rules take arguments by "
        "position; bind it with functools.partial, or make it positional"
    )


def test_rules_inside_loops_and_branches():
    @lx.custom_vjp
    def clipped(x):
        return x

    # not linear in the cotangent: reverse mode of the loop must never ask for forward mode
    clipped.defvjp(lambda x: (x, None), lambda _, cotangent: (np.clip(cotangent, -0.5, 0.5),))

    def step(carry, _):
        return clipped(np.sin(carry) * 2.0), carry

    def scanned(x):
        last, rows = lx.lax.scan(step, x, None, length=4)
        return np.sum(last) + 0.1 * np.sum(rows)

    def written_out(x):
        total = 0.0
        for _ in range(4):
            total, x = total + np.sum(x), step(x, None)[0]
        return np.sum(x) + 0.1 * total

    x = np.array([0.3, 1.0])
    branch = lx.grad(lambda x: lx.lax.cond(x > 0, lambda x: clipped(3 * x), lambda x: x, x))
    found = lx.materialize(
        lx.grad(scanned)(x), lx.vmap(lx.grad(scanned))(x[:, None])[:, 0], branch(1.0)
    )
    expected = numpy.asarray(lx.grad(written_out)(x))
    assert_trees_close(found, [expected, expected, 1.5], rtol=1e-5)


def test_a_loop_with_a_rule_in_it_compiles_once(compiles):
    f = lx.custom_jvp(lambda x: np.sin(x))
    f.defjvps(lambda dx, out, x: np.cos(x) * dx)
    x = np.ones(3).materialize()
    compiles.reset()

    def last(x):
        return np.sum(lx.lax.scan(lambda c, _: (f(c) * 0.9, None), x, None, length=4)[0])

    for _ in range(4):
        lx.materialize(last(x), lx.grad(last)(x))
    assert compiles.count == 1

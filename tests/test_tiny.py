"""Every feature once, in about a second. Read this file first."""

import numpy as onp
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax, nn, optim, random
from lazyax.errors import (
    AbstractValueError,
    KeyReuseWarning,
    KeyUnusedWarning,
    LazyaxTypeError,
    MaterializeError,
    UnreadLoopWarning,
)
from lazyax.scipy import special, stats
from lazyax.xla import tiers


def test_a_call_adds_to_the_graph_and_nothing_runs():
    x = np.ones((10**6, 10**6)) * 2  # four terabytes, if they were computed
    assert not x.is_materialized
    assert (x.shape, x.dtype) == ((10**6, 10**6), "float32")
    assert float(x[:3, :3].sum()) == 18.0


def test_looking_computes():
    x = np.arange(6.0).reshape(2, 3)
    assert str(x.T @ x) == "[[ 9. 12. 15.]\n [12. 17. 22.]\n [15. 22. 29.]]"
    assert f"{np.mean(x):.2f}" == "2.50"
    assert onp.asarray(x).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_no_materialize_makes_looking_an_error():
    x = np.ones(3) + 1
    with lx.no_materialize(), pytest.raises(MaterializeError):
        print(x)


def test_errors_come_at_the_call():
    with pytest.raises(LazyaxTypeError, match=r"add: shapes \(2,\) and \(3,\) do not broadcast"):
        np.ones(2) + np.ones(3)


def test_gradients_of_any_order_follow_python():
    def f(x):
        return x**3 if x > 0 else -x

    assert [float(lx.grad(f)(x)) for x in (2.0, -2.0)] == [12.0, -1.0]
    assert float(lx.grad(lx.grad(f))(2.0)) == 12.0


def test_forward_and_reverse_products():
    x = np.array([1.0, 2.0])
    value, tangent = lx.jvp(np.square, (x,), (np.ones(2),))
    assert (str(value), str(tangent)) == ("[1. 4.]", "[2. 4.]")
    _, pull = lx.vjp(np.square, x)
    assert str(pull(np.array([1.0, 10.0]))[0]) == "[ 2. 40.]"


def test_a_function_with_a_derivative_of_its_own():
    f = lx.custom_vjp(lambda x: np.round(x))
    f.defvjp(lambda x: (f(x), None), lambda _, cotangent: (cotangent,))
    assert (float(f(2.7)), float(lx.grad(f)(2.7))) == (3.0, 1.0)


def test_a_saved_graph_keeps_such_derivatives(tmp_path):
    f = lx.custom_jvp(lambda x: np.round(x))
    f.defjvps(lambda tangent, result, x: 7 * tangent)
    loaded = lx.load(lx.trace(f)(1.0).save(tmp_path / "graph.lazyax"))
    assert float(lx.grad(loaded)(2.7)) == 7.0


def test_reverse_mode_computes_again_what_is_checkpointed():
    f = lx.checkpoint(lambda x: np.sin(np.sin(x)))
    graph = lx.trace(lx.value_and_grad(f))(1.0)
    assert [node.op.name for node in graph.nodes].count("Sin") == 3
    assert float(lx.grad(f)(0.0)) == 1.0


def test_hessian():
    assert (
        str(lx.hessian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))) == "[[ 6.  0.]\n [ 0. 12.]]"
    )


def test_vmap_writes_the_batch_axis():
    w, x = np.ones((3, 2)), np.arange(8.0).reshape(4, 2)
    assert str(lx.vmap(lambda v: np.dot(w, v))(x)[:, 0]) == "[ 1.  5.  9. 13.]"
    by_example = lx.vmap(lx.grad(lambda w, x: np.dot(w, x) ** 2), in_axes=(None, 0))
    assert by_example(np.ones(2), x).shape == (4, 2)


def test_lanes_of_a_batch_see_each_other():
    share = lx.vmap(lambda x: x / lx.lax.psum(x, "lanes"), axis_name="lanes")
    assert str(share(np.array([1.0, 3.0]))) == "[0.25 0.75]"


def test_jit_traces_once():
    traces = []

    @lx.jit
    def f(x):
        traces.append(x.shape)
        return x * 2

    assert [str(f(np.arange(2))), str(f(np.ones(2, int)))] == ["[0 2]", "[2 2]"]
    assert traces == [(2,)]
    with pytest.raises(AbstractValueError, match="jit of"):
        lx.jit(lambda x: x if x > 0 else -x)(1.0)


def test_a_loop_compiles_once_and_needs_no_jit(compiles):
    w = np.zeros(3)
    for step_size in (0.5, 0.25, 0.1, 0.0, 1.0, 0.7):
        w = w - step_size * lx.grad(lambda w: np.sum((w - 1) ** 2))(w)
        assert str(w) == "[1. 1. 1.]"
    assert compiles.count <= 2


def test_a_python_loop_is_compiled_as_a_loop(compiles):
    x = np.array([1.0, 2.0])
    for k in range(150):
        x = np.tanh(x * 0.5) + 0.001 * k
    assert (x > 0.25).all()
    assert compiles.count == 1


def test_the_gradient_of_a_python_loop_is_compiled_as_loops():
    def loss(x):
        for k in range(150):
            x = np.tanh(x * 0.99) + 0.001 * k
        return x

    compiled = lx.trace(lx.grad(loss))(0.5).compile()
    assert compiled.as_text().count("stablehlo.while") == 2


def test_what_runs_often_is_compiled_again_in_full_in_the_background():
    lx.config.update(quick_runs=2)  # as it is by default, though not in tests
    recompiled = lx.stats().programs_recompiled
    x = np.array([1.0, 2.0])
    assert [float((x * k).sum()) for k in range(4)] == [0, 3, 6, 9]
    lx.config.update(quick_runs=0)
    tiers.background.wait()
    assert lx.stats().programs_recompiled == recompiled + 1


def test_a_loop_that_never_looks_is_computed_on_the_way(compiles):
    def total(rounds):
        x = np.zeros(3)
        for _ in range(rounds):
            x = 0.5 * x + 1.0
        return x

    with pytest.warns(UnreadLoopWarning, match="without reading a value"):
        x = total(8000)
    assert compiles.count <= 2
    assert str(x) == "[2. 2. 2.]"


def test_arrays_are_handles():
    x = np.zeros(3)
    same = x
    x[1] = 5.0
    x += 1
    assert str(same) == "[1. 6. 1.]"


def test_a_result_can_be_written_to_an_array():
    x, y = np.array([1.0, 2.0]), np.array([0.0, 4.0])
    safe = np.divide(x, y, out=np.full(2, -1.0), where=y != 0)
    assert str(safe) == "[-1.   0.5]"


def test_indexing():
    x = np.arange(12).reshape(3, 4)
    assert str(x[[2, 0], 1:3]) == "[[ 9 10]\n [ 1  2]]"
    assert str(x[x > 9]) == "[10 11]"


def test_elements_are_read_from_memory():
    x = np.array([1.0, 2.0, 3.0])
    before = lx.stats()
    assert sum(float(x[i]) for i in range(3)) == 6.0
    after = lx.stats()
    for count in ("programs_compiled", "programs_interpreted", "programs_reused"):
        assert getattr(after, count) == getattr(before, count)


def test_linear_algebra():
    x = np.array([[4.0, 2.0], [2.0, 5.0]])
    assert str(np.linalg.cholesky(x)) == "[[2. 0.]\n [1. 2.]]"
    gradient = lx.grad(lambda x: np.linalg.slogdet(x).logabsdet)(x)
    assert np.allclose(gradient @ x, np.eye(2))


def test_special_functions_have_derivatives_by_every_argument():
    assert f"{special.zeta(2.0):.4f}" == "1.6449"
    graph = lx.trace(lx.grad(special.gammainc, argnums=(0, 1)))(2.0, 1.0)
    ops = [node.op.name for node in graph.nodes]
    assert ("Slope" in ops, "While" in ops) == (True, False)


def test_distributions_are_values():
    assert f"{stats.binom.pmf(1, n=2, p=0.5):.2f}, {stats.expon.sf(2.0, scale=2.0):.4f}" == (
        "0.50, 0.3679"
    )


def test_loops_and_branches_are_nodes():
    total, sums = lax.scan(lambda t, x: (t + x, t + x), 0.0, np.arange(4.0))
    assert (float(total), str(sums)) == (6.0, "[0. 1. 3. 6.]")
    assert float(lx.grad(lambda x: lax.cond(x > 0, lambda: x * x, lambda: -x))(3.0)) == 6.0


def test_a_while_loop_has_a_gradient():
    def root(a):
        return lax.while_loop(lambda x: abs(x * x - a) > 1e-5 * a, lambda x: (x + a / x) / 2, a)

    assert f"{lx.grad(root)(9.0):.4f}" == "0.1667"


def test_memory_is_shared_with_other_libraries():
    x = np.arange(3.0) + 1
    view = onp.from_dlpack(x)
    assert onp.shares_memory(view, onp.asarray(x))
    assert np.from_dlpack(view).tolist() == [1, 2, 3]
    assert x.__array_namespace__() is np


def test_random_numbers_are_functions_of_keys():
    key, subkey = random.split(random.PRNGKey(0))
    again = random.clone(key)
    assert str(random.normal(key, (3,))) == str(random.normal(again, (3,)))
    with pytest.warns(KeyReuseWarning, match="uses a key that normal at .* has used already"):
        random.uniform(key, (3,))
    assert str(random.normal(subkey, (3,))) != str(random.normal(random.clone(key), (3,)))
    with pytest.warns(KeyUnusedWarning, match="none of them was used"), random.unused_keys():
        random.split(random.PRNGKey(1))
    assert random.multinomial(random.PRNGKey(1), 9, [0.2, 0.8]).sum() == 9


def test_numbers_drawn_by_rejection_have_derivatives():
    graph = lx.trace(lx.grad(lambda a: random.gamma(random.PRNGKey(0), a)))(2.0)
    assert "GammaDrift" in [node.op.name for node in graph.nodes]


def test_draws_without_keys_get_one_by_their_place_in_the_graph():
    def sample(x):
        return lx.vmap(lambda x: x + random.normal())(x)

    x = random.seed(sample)(random.PRNGKey(0), np.zeros(3))
    assert str(x) == str(random.seed(lx.jit(sample))(random.PRNGKey(0), np.zeros(3)))
    assert len(set(x.tolist())) == 3  # each lane its own


def test_containers_go_through_transforms():
    params = {"w": np.ones(2), "b": [np.zeros(()), None]}
    gradient = lx.grad(lambda p: np.sum(p["w"]) * 2 + p["b"][0])(params)
    assert str(gradient["w"]) == "[2. 2.]"
    assert lx.tree.map(str, gradient)["b"] == ["1.0", None]


def test_a_network_and_an_optimizer():
    init, apply = nn.serial(nn.Dense(8), nn.Tanh, nn.Dense(1))
    _, params = init(random.PRNGKey(0), (-1, 2))
    x, y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]])
    opt_init, opt_update = optim.adam(0.1)
    state = opt_init(params)

    def loss(params):
        return np.mean((apply(params, x) - y) ** 2)

    @lx.jit
    def step(i, state):
        return opt_update(i, lx.grad(loss)(optim.get_params(state)), state)

    for i in range(50):
        state = step(i, state)
    assert float(loss(optim.get_params(state))) < 1e-3


def test_a_graph_is_data():
    graph = lx.trace(lambda x: np.tanh(x) * 2)(np.ones(3))
    assert [str(node.op) for node in graph.nodes][:2] == ["Input(x)", "Tanh"]
    assert "stablehlo.tanh" in lx.Compiled(graph).as_text()

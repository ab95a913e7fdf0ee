"""Graphs with custom rules and checkpoints in files: they are differentiated as before."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import random
from lazyax.api.graph_format import decode_graph, encode_graph
from lazyax.errors import AbstractValueError, FormatError, LazyaxTypeError
from lazyax.graph.verify import verify_graph

ROOT = Path(__file__).parents[2]
X = np.array([0.3, 0.5])


@lx.custom_jvp
def wave(x):
    return np.sin(x)


# no derivative of a sine, and one that uses the function itself
wave.defjvps(lambda dx, out, x: 3 * np.cos(x) * dx + wave(x) * out * dx)


@lx.custom_vjp
def product(x, w):
    return {"y": x * w}


def forward(x, w):
    result = product(x, w)
    return result, {"product": result, "w": w}


def backward(residuals, cotangent):
    return (2 * residuals["w"] + residuals["product"]["y"]) * cotangent["y"], None


product.defvjp(forward, backward)


@lx.checkpoint(policy=lx.checkpoint_policies.save_only_these_names("hidden"))
def deep(x):
    return np.sin(np.exp(lx.checkpoint_name(np.sin(x), "hidden")))


def model(x):
    h, _ = lx.lax.scan(lambda h, _: (wave(h) * 0.7, None), x, None, length=3)
    rows = lx.vmap(wave)(np.stack([x, h]))
    return np.sum(h) + np.sum(product(x, 2 * x)["y"]) + np.sum(deep(x)) + np.sum(rows**2)


def saved(function, *arguments, folder):
    graph = lx.trace(function)(*arguments)
    return lx.load(graph.save(folder / "graph.lazyax"))


def derivatives(f):
    return [
        f(X), lx.grad(f)(X), lx.hessian(f)(X), lx.vmap(lx.grad(f))(X[None]),
        lx.grad(lambda x: np.sum(lx.vmap(f)(x[None])))(X), lx.grad(lx.jit(f))(X),
    ]  # fmt: skip


def test_a_loaded_graph_is_differentiated_by_its_rules(tmp_path):
    loaded = saved(model, X, folder=tmp_path)
    verify_graph(loaded)
    found, again, expected = lx.materialize(
        derivatives(loaded), derivatives(saved(loaded, X, folder=tmp_path)), derivatives(model)
    )
    for one, two, other in zip(found, again, expected, strict=True):
        numpy.testing.assert_allclose(numpy.asarray(one), numpy.asarray(other), 1e-5)
        numpy.testing.assert_allclose(numpy.asarray(two), numpy.asarray(other), 1e-5)
    assert float(lx.grad(saved(wave, 0.0, folder=tmp_path))(0.0)) == 3.0


def test_a_file_keeps_a_rule_once_though_it_uses_itself():
    document, arrays = encode_graph(lx.trace(lambda x: wave(wave(x)) + wave(2 * x))(1.0))
    assert [entry[:2] for entry in document["rules"]] == [["jvp", "wave"]]
    assert float(lx.grad(lx.grad(lx.grad(decode_graph(document, arrays))))(0.0)) == float(
        lx.grad(lx.grad(lx.grad(lambda x: wave(wave(x)) + wave(2 * x))))(0.0)
    )


IN_A_FRESH_PROCESS = """
import sys, numpy, lazyax as lx
lx.config.update(cold_runs=0, quick_runs=0)
graph, x = lx.load(sys.argv[1]), lx.numpy.array([0.3, 0.5])
print([numpy.asarray(y).tobytes().hex() for y in (graph(x), lx.grad(graph)(x))])
assert not [name for name in sys.modules if name.startswith("tests")]
"""


def test_a_fresh_process_gets_the_same_numbers(tmp_path):
    path = lx.trace(model)(X).save(tmp_path / "graph.lazyax")
    expected = [numpy.asarray(y).tobytes().hex() for y in (model(X), lx.grad(model)(X))]
    ran = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (f"{expected}\n", "")


def test_expressions_that_were_built_without_tracing_are_saved(tmp_path):
    x = np.array([0.3, 0.5])
    graph = lx.Graph([x], np.sum(wave(x) ** 2))
    loaded = lx.load(graph.save(tmp_path / "graph.lazyax"))
    assert str(lx.grad(loaded)(x)) == str(lx.grad(lambda x: np.sum(wave(x) ** 2))(x))


def test_draws_whose_derivatives_are_rules_are_saved(tmp_path):
    def drawn(a):
        return np.sum(random.gamma(random.PRNGKey(0), a))

    loaded = saved(drawn, X, folder=tmp_path)
    assert str(lx.grad(loaded)(X)) == str(lx.grad(drawn)(X))


POLICIES = lx.checkpoint_policies


@pytest.mark.parametrize(
    "policy",
    [
        None,
        POLICIES.everything_saveable,
        POLICIES.dots_with_no_batch_dims_saveable,
        POLICIES.save_any_names_but_these("a", "b"),
        POLICIES.save_from_both_policies(
            POLICIES.checkpoint_dots, POLICIES.save_only_these_names("a")
        ),
    ],
)
def test_policies_come_back(policy):
    graph = lx.trace(lx.checkpoint(np.tanh, policy=policy))(1.0)
    document, arrays = encode_graph(graph)
    loaded = decode_graph(json.loads(json.dumps(document)), arrays)
    assert [node.op for node in loaded.nodes] == [node.op for node in graph.nodes]


# what a file can not hold


def message(function, *arguments, error=LazyaxTypeError):
    with pytest.raises(error) as caught:
        encode_graph(lx.trace(function)(*arguments))
    return re.sub(r"\S*tests/\S*?:\d+", "LINE", str(caught.value))


def test_a_policy_that_is_a_function_of_the_users():
    assert message(lx.checkpoint(np.tanh, policy=lambda node: True), 1.0) == (
        "save: the checkpoint made at LINE has a policy of its own, '<lambda>', and a file holds "
        "no Python functions; use one of checkpoint_policies, such as save_only_these_names with "
        "checkpoint_name"
    )


def test_a_rule_that_looks_at_values():
    f = lx.custom_jvp(lambda x: 2 * x)
    f.name = "f"
    f.defjvps(lambda dx, out, x: dx if x > 0 else -dx)
    assert message(f, 1.0, error=AbstractValueError) == (
        "bool[] made at LINE has no value inside save of the rule of f: it depends on the abstract "
        "argument primal: ~f32[]; use numpy.where or lax.cond in the rule, which a file holds as a "
        "graph"
    )


def test_a_rule_that_closes_over_an_argument_of_the_graph(tmp_path):
    def outer(x, scale):
        f = lx.custom_vjp(lambda x: 2 * x)
        f.defvjp(lambda x: (f(x), x), lambda x, ct: (ct * scale * x,))
        return f(x)

    loaded = lx.load(lx.trace(outer)(1.0, 2.0).save(tmp_path / "graph.lazyax"))
    assert float(lx.grad(loaded)(5.0, 3.0)) == 15.0
    assert [float(g) for g in lx.grad(lx.grad(loaded), argnums=(0, 1))(5.0, 3.0)] == [3.0, 5.0]


def test_a_rule_that_reaches_an_argument_of_the_graph_by_another_way():
    stored = {}

    def outer(x, scale):
        stored["scale"] = scale
        f = lx.custom_jvp(lambda x: 2 * x)
        f.name = "f"
        f.defjvps(rule)
        return f(x)

    def rule(dx, out, x):
        return sys.modules[__name__].STORED["scale"] * dx

    sys.modules[__name__].STORED = stored

    assert message(outer, 1.0, 2.0) == (
        "save: the rule of f depends on ~f32[], made at LINE, which has no value and is no "
        "argument of f; a file holds rules as graphs of the arguments alone: pass it to f as an "
        "argument"
    )


def test_a_rule_that_makes_functions_with_rules_without_end():
    def outer(x):
        f = lx.custom_jvp(lambda x: 2 * x)
        f.name = "f"
        f.defjvps(lambda dx, out, x: outer(x) * dx)
        return f(x)

    assert message(outer, 1.0) == (
        "save: the rule of f makes a function with a rule of its own each time it runs, without "
        "end; make that function once, outside of the rule"
    )


# what is no file of a graph

JUNK = [None, True, -1, 0, 10**30, "", "jvp", [], [[]], {}, [0] * 50]


def places(part):
    """Every place in nested lists, as the list and an index."""
    for index, below in enumerate(part):
        yield part, index
        if isinstance(below, list):
            yield from places(below)


def test_rules_with_junk_in_any_place_are_refused_or_mean_something(tmp_path, rng):
    path = lx.trace(lambda x: np.sum(wave(x) * product(x, x)["y"]))(X).save(tmp_path / "graph")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members["graph.json"])
    count = len(list(places(document["rules"])))
    refused = 0
    for trial in range(3 * count):
        damaged = copy.deepcopy(document)
        part, where = list(places(damaged["rules"]))[trial % count]
        part[where] = JUNK[int(rng.integers(0, len(JUNK)))]
        members["graph.json"] = json.dumps(damaged).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        try:
            loaded = lx.load(path)
        except FormatError:
            refused += 1
        else:
            lx.grad(loaded)(X)
    assert refused > count

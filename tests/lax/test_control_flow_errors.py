"""Bad loops and branches: the path, both avals, the user's line and the remedy; in full."""

from __future__ import annotations

import re

import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax import lax
from lazyax.errors import AbstractValueError, LazyaxTypeError


def message(function, *arguments, error=LazyaxTypeError, **kwargs) -> str:
    """The error of a call, with this file's lines as LINE."""
    with pytest.raises(error) as caught:
        function(*arguments, **kwargs)
    return re.sub(r"\S*test_control_flow_errors\.py:\d+", "LINE", str(caught.value))


def step(carry, x):
    return carry, x


def test_a_carry_of_another_shape():
    def grow(c, x):
        return {"w": np.concatenate([c["w"], c["w"]])}, x

    assert message(lax.scan, grow, {"w": np.ones(2)}, np.ones(3)) == (
        "scan: carry['w'] enters grow as f32[2] and leaves it as f32[4], made at LINE; a carry "
        "keeps its shape and dtype from step to step: return (2,), or start with (4,)"
    )


def test_a_carry_of_another_dtype():
    def widen(c):
        return (c[0], c[1].astype("float64"))

    assert message(lax.while_loop, lambda c: True, widen, (0, np.ones(2))) == (
        "while_loop: carry[1] enters widen as f32[2] and leaves it as f64[2], made at LINE; a "
        "carry keeps its shape and dtype from step to step: return it as astype('float32'), or "
        "start with astype('float64')"
    )


def test_a_carry_of_another_structure():
    def lose(i, c):
        return {"a": c["a"]}

    assert message(lax.fori_loop, 0, 3, lose, {"a": 1.0, "b": np.ones(2)}) == (
        "fori_loop: the carry enters lose as PyTreeDef({'a': *, 'b': *}) and leaves it as "
        "PyTreeDef({'a': *}): carry['b'] is only in the first, returned at LINE; return a carry "
        "of the structure that it enters with"
    )


def test_a_carry_that_is_lost():
    assert message(lax.while_loop, lambda c: c < 3, lambda c: None, 0) == (
        "while_loop: the carry enters <lambda> as PyTreeDef(*) and leaves it as PyTreeDef(None): "
        "carry is only in the first, returned at LINE; return a carry of the structure that it "
        "enters with"
    )


def test_a_step_that_returns_no_pair():
    assert message(lax.scan, lambda c, x: c, 1.0, np.ones(3)) == (
        "scan: <lambda> must return a pair (carry, y), got Array; return (carry, None) if there "
        "is no y"
    )
    assert message(lax.scan, lambda c, x: (c, x, x), 1.0, np.ones(3)) == (
        "scan: <lambda> must return a pair (carry, y), got tuple of 3; return (carry, None) if "
        "there is no y"
    )


def test_xs_of_different_lengths():
    xs = {"a": np.ones(3), "b": [np.ones((4, 2))]}
    assert message(lax.scan, step, 1.0, xs) == (
        "scan: xs need one length along axis 0: xs['a'] f32[3] has 3, xs['b'][0] f32[4,2] has 4; "
        "slice them to one length"
    )
    assert message(lax.scan, step, 1.0, np.ones(3), length=4) == (
        "scan: xs need one length along axis 0: xs f32[3] has 3; length=4; slice them to one length"
    )
    assert message(lax.map, np.sin, (np.ones(3), np.ones(4))) == (
        "map: xs need one length along axis 0: xs[0] f32[3] has 3, xs[1] f32[4] has 4; slice them "
        "to one length"
    )


def test_xs_without_an_axis_or_a_length():
    assert message(lax.scan, step, 1.0, {"a": 2.0}) == (
        "scan: xs['a'] is ~f32[], which has no axis to scan; capture it in the function instead, "
        "or give it a leading axis"
    )
    assert message(lax.scan, step, 1.0) == "scan: needs xs with an array, or length="
    assert message(lax.scan, step, 1.0, None, length=2, unroll=0) == (
        "scan: unroll needs to be at least 1, got 0"
    )
    assert message(lax.scan, step, 1.0, None, length=-1) == (
        "scan: the length needs to be at least 0, got -1"
    )


def test_a_carry_that_is_no_array():
    assert message(lax.scan, step, {"name": "x"}, np.ones(2)) == (
        "scan: the initial carry['name'] is of type str, which is not an array, a number or a "
        "pytree of them"
    )


def test_branches_that_disagree_in_shape_or_dtype():
    def wide(x):
        return {"y": np.stack([x, x])}

    def double(x):
        return {"y": x.astype("float64")}

    def same(x):
        return {"y": x}

    assert message(lax.cond, True, wide, same, np.ones(2)) == (
        "cond: branches need one shape and dtype for result['y']: same returns f32[2] made at "
        "LINE and wide returns f32[2,2] made at LINE; reshape or broadcast them to one shape"
    )
    assert message(lax.switch, 0, [same, double], np.ones(2)) == (
        "switch: branches need one shape and dtype for result['y']: same returns f32[2] made at "
        "LINE and double returns f64[2] made at LINE; use astype for one dtype"
    )


def test_branches_that_disagree_in_structure():
    def pair(x):
        return x, x

    assert message(lax.cond, True, pair, np.sin, np.ones(2)) == (
        "cond: branches need to return one structure; sin returns PyTreeDef(*) and pair returns "
        "PyTreeDef((*, *)): result is only in the first; returned by sin at LINE and pair at LINE"
    )


def test_a_predicate_that_is_not_a_scalar():
    assert message(lax.cond, np.ones(3) > 0, np.sin, np.cos, 1.0) == (
        "cond: the predicate needs to be a scalar, got bool[3] made at LINE; use .any() or "
        ".all(), numpy.where, or vmap"
    )
    assert message(lax.while_loop, lambda x: x > 0, lambda x: x, np.ones(3)) == (
        "while_loop: <lambda> must return one bool[], got bool[3], made at LINE; compare the "
        "state with something, and use .all() or .any() for arrays"
    )
    assert message(lax.while_loop, lambda x: x, lambda x: x, 1.0) == (
        "while_loop: <lambda> must return one bool[], got ~f32[], made at LINE; compare the "
        "state with something, and use .all() or .any() for arrays"
    )


def test_an_index_that_is_not_an_integer():
    assert message(lax.switch, 0.5, [np.sin, np.cos], 1.0) == (
        "switch: the index needs to be an integer scalar, got ~f32[] made at LINE; use astype, or "
        "vmap for several"
    )
    needs = "switch: needs a list of at least one branch, got"
    assert message(lax.switch, 0, []) == f"{needs} none"
    assert message(lax.switch, 0, step) == f"{needs} function"


def test_bounds_that_are_not_integers():
    assert message(lax.fori_loop, 0, 2.5, lambda i, x: x, 1.0) == (
        "fori_loop: a bound needs to be an integer scalar, got ~f32[]"
    )


def test_a_bound_on_steps_that_is_not_positive():
    assert message(lax.while_loop, lambda x: x < 1, lambda x: x, 0.0, max_steps=-1) == (
        "while_loop: max_steps needs to be at least 0, got -1"
    )


def test_a_value_that_is_looked_at_in_a_step():
    def relu(c, x):
        return (c if x > 0 else -c), None

    assert message(lax.scan, relu, 1.0, np.ones(3), error=AbstractValueError) == (
        "bool[] made at LINE has no value inside scan of relu: it depends on the abstract argument "
        "x: f32[]; use numpy.where or lax.cond, or a Python loop or branch, which needs no "
        "abstract values"
    )


def test_elems_that_do_not_fit():
    assert message(lax.associative_scan, np.add, (np.ones(3), np.ones(4))) == (
        "associative_scan: elems need one length along axis 0: elems[0] f32[3] has 3, elems[1] "
        "f32[4] has 4; slice them to one length"
    )
    assert message(lax.associative_scan, lambda x, y: x[:1], np.ones(4)) == (
        "associative_scan: <lambda> takes elems as f32[2] and returns f32[1], made at LINE; "
        "return the shape and dtype that it takes"
    )
    assert message(lax.associative_scan, lambda x, y: (x, y), np.ones(4)) == (
        "associative_scan: <lambda> takes PyTreeDef(*) and returns PyTreeDef((*, *)): elems is "
        "only in the first; return the structure of elems"
    )
    assert message(lax.associative_scan, np.add, ()) == (
        "associative_scan: needs elems with an array, got none"
    )


def test_a_value_that_leaks_out_of_a_step():
    kept = []

    def keep(c, x):
        kept.append(c * 2)
        return c, None

    lax.scan(keep, 1.0, np.ones(3))
    text = message(lambda: print(kept[0]), error=lx.errors.LeakedValueError)
    assert text.startswith("a value of ~f32[] was used after scan of keep had returned")

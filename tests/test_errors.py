"""Bad input: each error comes at the call, in the user's frame, with the remedy; in full."""

from __future__ import annotations

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import AbstractValueError, LazyaxTypeError, LeakedValueError


def message(function, *arguments, error=LazyaxTypeError, **kwargs) -> str:
    """The error of a call, which must point at the calling line first."""
    with pytest.raises(error) as caught:
        function(*arguments, **kwargs)
    return str(caught.value)


def here(text: str) -> str:
    """A message with this file's path and line numbers taken out."""
    words = [
        "LINE" if "test_errors.py:" in word else word for word in text.replace(";", " ;").split()
    ]
    return " ".join(words).replace(" ;", ";")


def test_shapes_that_do_not_broadcast_name_the_lines_that_made_them():
    x, y = np.ones((2, 3)) * 1, np.ones((2, 4)) * 1
    assert here(message(lambda: x + y)) == (
        "add: shapes (2, 3) and (2, 4) do not broadcast: counted from the last axis, lengths must "
        "be equal or 1. f32[2,3] made at LINE; f32[2,4] made at LINE"
    )


def test_a_grad_of_a_vector():
    assert message(lx.grad(lambda x: x * 2), np.ones(3)) == (
        "grad: <lambda> must return a scalar, got f32[3]; sum or index the result, or use jacrev "
        "for all of it"
    )


def test_a_grad_of_an_integer_argument():
    assert message(lx.grad(lambda x, y: x * y, argnums=1), 1.0, 2) == (
        "grad: <lambda> is differentiated by argument[0], which is ~i32[]; derivatives need float "
        "or complex arguments: pass 1.0 for 1, or use astype"
    )


def test_a_grad_of_an_integer_result():
    assert message(lx.grad(lambda x: x > 0), 1.0) == (
        "grad: <lambda> must return a real floating scalar, got bool[]; use a floating result"
    )


def test_argnums_out_of_range():
    assert message(lx.grad(lambda x: x, argnums=2), 1.0) == (
        "grad: argnums 2 does not fit: <lambda> was called with 1 positional argument"
    )


def test_has_aux_without_a_pair():
    assert message(lx.grad(lambda x: x, has_aux=True), 1.0) == (
        "grad: with has_aux=True <lambda> must return a pair (output, aux), got Array"
    )


def test_an_argument_that_is_no_array():
    assert message(lx.grad(lambda d: d["x"]), {"x": "one"}) == (
        "grad: argument[0]['x'] is of type str, which is not an array, a number or a pytree of them"
    )


def test_a_result_that_is_no_array():
    assert message(lx.jit(lambda x: "one"), 1.0) == (
        "jit: a result of <lambda> is of type str, which is not an array, a number or a pytree of "
        "them"
    )


def test_tangents_of_another_shape():
    assert here(message(lx.jvp, np.sin, (np.ones(3),), (np.ones(2),))) == (
        "jvp: tangent[0] must have the shape and dtype f32[3] of what it is a tangent of, made at "
        "LINE got f32[2]; use reshape or astype"
    )


def test_cotangents_of_another_shape():
    _, pull = lx.vjp(np.sin, np.ones(3))
    assert here(message(pull, np.ones(2))) == (
        "vjp: cotangent must have the shape and dtype f32[3] of what it is a cotangent of, made at "
        "LINE got f32[2]; use reshape or astype"
    )


def test_vmap_of_different_lengths_names_each_argument():
    assert message(lx.vmap(np.add), np.ones(3), np.ones(4)) == (
        "vmap: the mapped axes of add have different lengths: argument[0] f32[3] has 3 along "
        "axis 0, argument[1] f32[4] has 4 along axis 0"
    )


def test_vmap_of_an_axis_that_does_not_exist():
    assert message(lx.vmap(np.sin, in_axes=2), np.ones((3, 2))) == (
        "vmap: axis 2 does not exist in argument[0] of sin, which is f32[3,2]; use in_axes=None "
        "for it, or give it a batch axis"
    )


def test_vmap_to_an_axis_that_does_not_exist():
    assert message(lx.vmap(lambda x: x, out_axes=1), np.ones(3)) == (
        "vmap: out_axes 1 does not exist in a result of <lambda>, which is f32[3] with its mapped "
        "axis; give one of -1 to 0"
    )


def test_vmap_of_arrays_quotes_the_curried_form():
    assert message(lx.vmap, np.dot, np.ones(3), np.ones(3)) == (
        "vmap: in_axes got an array; vmap returns a function: write vmap(dot)(x, y), or "
        "vmap(dot, in_axes=(None, 0))(w, x)"
    )


def test_vmap_with_the_wrong_number_of_axes():
    assert message(lx.vmap(np.add, in_axes=(0,)), np.ones(3), np.ones(3)) == (
        "vmap: in_axes (0,) has 1 entries, and add was called with 2 positional arguments"
    )


def test_vmap_of_nothing():
    assert message(lx.vmap(np.sin, in_axes=None), np.ones(3)) == (
        "vmap: nothing is mapped in sin: give an argument with a mapped axis, or axis_size="
    )


def test_bool_under_jit():
    def relu(x):
        return x if x > 0 else 0.0 * x

    assert here(message(lx.jit(relu), 1.0, error=AbstractValueError)) == (
        "bool[] made at LINE has no value inside jit of relu: it depends on the abstract argument "
        "x: ~f32[]; use numpy.where, make the argument static (static_argnums), or call the "
        "function without jit"
    )


def test_float_under_vmap():
    assert "inside vmap of <lambda>" in message(
        lx.vmap(lambda x: float(x)), np.ones(3), error=AbstractValueError
    )


def test_arguments_by_keyword_are_named_so():
    assert message(lx.vmap(lambda x, y: x + y), np.ones(3), y=np.ones(2)) == (
        "vmap: the mapped axes of <lambda> have different lengths: argument[0] f32[3] has 3 along "
        "axis 0, argument['y'] f32[2] has 2 along axis 0"
    )


def test_primals_that_are_no_tuple():
    assert message(lx.jvp, np.sin, 1.0, 1.0) == (
        "jvp: primals are a tuple with one for each argument, got float; write (x,) for x"
    )


def test_the_transpose_of_what_is_not_linear():
    text = here(message(lx.linear_transpose(lambda x: np.sin(2 * x), 1.0), 1.0))
    assert text == (
        "Sin: not linear in its operands where it is used at LINE so it has no transpose; "
        "transpose the result of jvp, not the function itself"
    )


def test_a_value_that_leaks_out_of_jit():
    kept = []

    @lx.jit
    def keep(x):
        kept.append(x + 1)
        return x

    keep(1.0)
    text = here(message(lambda: print(kept[0]), error=LeakedValueError))
    assert text == (
        "a value of ~f32[] was used after jit of keep had returned, where it does not exist; it "
        "was an argument made at LINE Return it from the function instead of storing it outside"
    )


def test_a_static_argument_that_is_not_hashable():
    scale = lx.jit(lambda x, by: x * by[0], static_argnums=1)
    assert message(scale, 1.0, [2.0]) == (
        "jit: static argument 1 of <lambda> must be hashable, since it is part of the cache key; "
        "got list. Pass a tuple for a list, or make it a dynamic argument"
    )
    assert float(scale(1.0, (2.0,))) == 2.0


def test_jit_of_an_argument_that_is_no_array_names_static_argnums():
    assert message(lx.jit(lambda x, mode: x), 1.0, "fast") == (
        "jit: argument[1] is of type str; arguments are arrays, numbers or pytrees of them, or "
        "name it in static_argnums"
    )


def test_out_that_is_not_ours():
    assert message(np.add, 1.0, 2.0, out=numpy.zeros(())) == (
        "add: out= is pointed at the result, so it must be a lazyax array, got a ndarray; use the "
        "result"
    )


def test_an_int_that_does_not_fit():
    assert message(lambda: np.ones(2, dtype="int8") + 1000) == (
        "the Python integer 1000 does not fit int8; give a wider dtype, such as int64"
    )


def test_a_dtype_that_xla_does_not_have():
    assert message(np.array, numpy.array(["a", "b"])).startswith("dtype <U1 is not one that XLA")


def test_an_in_place_result_of_another_shape_or_kind():
    x = np.ones(3)
    assert message(x.__iadd__, np.ones((2, 3))) == (
        "in-place add: the result f32[2,3] does not fit the array f32[3]; write x = x ... instead"
    )
    n = np.arange(3)
    assert message(n.__itruediv__, 2) == (
        "in-place truediv: the result f32[3] does not convert safely to int32; write x = x ... "
        "instead, or use astype"
    )
    assert n.tolist() == [0, 1, 2]


def test_the_truth_of_an_array():
    assert message(bool, np.ones(3)) == (
        "bool: the truth of f32[3] is ambiguous; use .any() or .all()"
    )


def test_a_shape_too_large_to_count():
    assert message(np.ones, (2**40, 2**40)).startswith("shape (1099511627776, 1099511627776) has")


def test_a_compiled_graph_called_with_another_shape():
    compiled = lx.trace(lambda x: x + 1)(np.ones(3)).compile()
    assert message(compiled, np.ones(4)) == (
        "compiled graph: argument x needs to be f32[3], got f32[4]; compile again for other "
        "shapes, or convert it"
    )


def test_a_setting_that_does_not_exist():
    assert message(lx.config.update, precision="high") == (
        "config: no setting 'precision'; there are ['default_dtype_bits', 'threefry_layout', "
        "'implicit_materialization', 'loop_rolling', 'key_reuse', 'key_unused', 'cache_dir', "
        "'cache_bytes', 'cold_runs', 'quick_runs', 'loop_tape_bytes']"
    )
    assert message(lx.config.update, cache_dir=0) == (
        "config: cache_dir is a folder's name, or None for no cache on disk, got 0"
    )


def test_trees_that_differ():
    assert message(lx.tree.map, lambda x, y: x, [1, 2], [1]).startswith(
        "tree.map: the trees differ in structure"
    )


def test_strings_have_no_arithmetic():
    assert message(lambda: np.ones(3) + "one") == (
        "add: needs an array, a number or a nested list of them, got str"
    )


def test_more_axes_than_ndmax():
    assert message(np.array, [[1, 2]], ndmax=1) == (
        "array: i32[1,2] has more axes than ndmax=1; NumPy makes an array of Python objects of it, "
        "which there are none of here"
    )


def test_a_dtype_that_casting_forbids():
    assert message(np.add, 1.5, 2.0, dtype=int) == (
        "add: ~f32[] does not become int32 by casting='same_kind'; use casting='unsafe', or astype"
    )


def test_nothing_to_reduce():
    assert message(np.subtract.reduce, np.zeros((0, 2))) == (
        "subtract.reduce: there is nothing along axis 0 of f32[0,2], and it has no identity; give "
        "initial="
    )

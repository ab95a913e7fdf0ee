"""NumPy's own functions and operators on lazy arrays."""

from __future__ import annotations

import inspect
import io

import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.errors import LazyaxTypeError

VALUES = numpy.float32([[1, 2, 3], [4, 5, 6]])


@pytest.fixture
def x():
    return np.asarray(VALUES)


STAYS_LAZY = {
    "numpy.sin(x)": lambda x: numpy.sin(x),
    "numpy.add(ndarray, x)": lambda x: numpy.add(VALUES, x),
    "numpy.abs(x)": lambda x: numpy.abs(x),
    "numpy.matmul(x, ndarray)": lambda x: numpy.matmul(x, VALUES.T),
    "ndarray @ x": lambda x: VALUES.T @ x,
    "ndarray + x": lambda x: VALUES + x,
    "ndarray / x": lambda x: VALUES / x,
    "ndarray ** x": lambda x: VALUES**x,
    "ndarray < x": lambda x: x > (VALUES + 1),
    "ndarray == x": lambda x: x == VALUES,
    "scalar * x": lambda x: numpy.float32(3) * x,
    "numpy.add.reduce(x)": lambda x: numpy.add.reduce(x),
    "numpy.add.reduce(x, axis=1)": lambda x: numpy.add.reduce(x, axis=1),
    "numpy.multiply.reduce(x, axis=None)": lambda x: numpy.multiply.reduce(x, axis=None),
    "numpy.maximum.reduce(x)": lambda x: numpy.maximum.reduce(x),
    "numpy.logical_and.reduce(x)": lambda x: numpy.logical_and.reduce(x),
    "numpy.add.accumulate(x)": lambda x: numpy.add.accumulate(x),
    "numpy.multiply.accumulate(x, 1)": lambda x: numpy.multiply.accumulate(x, 1),
    "numpy.subtract.outer(x, ndarray)": lambda x: numpy.subtract.outer(x, VALUES[0]),
    "numpy.concatenate": lambda x: numpy.concatenate([x, VALUES], axis=1),
    "numpy.stack": lambda x: numpy.stack([VALUES, x]),
    "numpy.sum": lambda x: numpy.sum(x, axis=0, keepdims=True),
    "numpy.mean": lambda x: numpy.mean(x),
    "numpy.where": lambda x: numpy.where(VALUES > 2, x, 0),
    "numpy.dot": lambda x: numpy.dot(VALUES, numpy.transpose(x)),
    "numpy.einsum": lambda x: numpy.einsum("ij,ij->i", x, VALUES),
    "numpy.zeros_like": lambda x: numpy.zeros_like(x),
    "numpy.reshape": lambda x: numpy.reshape(x, (3, 2)),
    "numpy.clip": lambda x: numpy.clip(x, 2, 5),
    "numpy.round": lambda x: numpy.round(x, 1),
    "numpy.pad": lambda x: numpy.pad(x, 1),
    "numpy.broadcast_to": lambda x: numpy.broadcast_to(x, (4, 2, 3)),
}


def test_numpys_functions_of_lazy_arrays_stay_lazy(x):
    with lx.no_materialize():
        results = {name: call(x) for name, call in STAYS_LAZY.items()}
    lx.materialize(list(results.values()))
    for name, result in results.items():
        assert type(result) is lx.Array, name
        want = STAYS_LAZY[name](VALUES)
        assert result.shape == want.shape, name
        numpy.testing.assert_allclose(numpy.asarray(result), want, rtol=1e-5, err_msg=name)


def test_questions_about_shapes_need_no_value(x):
    with lx.no_materialize():
        assert numpy.shape(x) == (2, 3)
        assert numpy.ndim(x + 1) == 2
        assert numpy.size(x) == 6
        assert numpy.result_type(x, numpy.float32) == numpy.float32
        assert numpy.iscomplexobj(x) is False


def test_in_place_operators_of_numpy_arrays_refuse_lazy_results(x):
    total = VALUES.copy()
    with pytest.raises(LazyaxTypeError) as error:
        total += x
    assert str(error.value) == (
        "add: a lazy result can not be written to out=, nor in place to a NumPy array: nothing is "
        "computed until a value is needed. Use the result, as in x = x + y, or read the value "
        "first: numpy.asarray(y)"
    )
    numpy.testing.assert_array_equal(total, VALUES)
    with pytest.raises(LazyaxTypeError, match="sin: a lazy result can not be written to out="):
        numpy.sin(x, out=total)
    total += numpy.asarray(x)
    numpy.testing.assert_array_equal(total, VALUES * 2)


def test_assigning_to_a_part_of_a_numpy_array_reads_the_value(x):
    total = numpy.zeros((2, 3), "float32")
    total[:] = x * 2
    numpy.testing.assert_array_equal(total, VALUES * 2)
    numpy.copyto(total, x)
    numpy.testing.assert_array_equal(total, VALUES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: numpy.busday_count(x, x),
            "numpy.busday_count: lazyax has no such function; to compute it by NumPy, read the "
            "value first: numpy.busday_count(numpy.asarray(x))",
        ),
        (
            lambda x: numpy.isnat(x),
            "numpy.isnat: lazyax has no such function; to compute it by NumPy, read the value "
            "first: numpy.isnat(numpy.asarray(x))",
        ),
    ],
)
def test_what_lazyax_lacks_is_named_with_the_remedy(x, call, message):
    with pytest.raises(LazyaxTypeError) as error:
        call(x)
    assert str(error.value) == message


def test_numpys_ufuncs_write_to_lazy_arrays_and_have_their_methods(x):
    total = np.zeros((2, 3))
    assert numpy.add(x, VALUES, out=total) is total
    numpy.negative.at(total, (0, 1))
    assert [numpy.hypot.reduce(x).is_materialized, numpy.sin(x, out=total) is total] == [
        False,
        True,
    ]


def test_functions_that_look_at_values_get_them(x):
    file = io.BytesIO()
    numpy.save(file, x)
    file.seek(0)
    numpy.testing.assert_array_equal(numpy.load(file), VALUES)
    assert numpy.array2string(x) == numpy.array2string(VALUES)
    numpy.testing.assert_allclose(x, VALUES)
    numpy.testing.assert_array_equal(x, VALUES)


def test_grad_goes_through_numpys_functions():
    slope = lx.grad(lambda x: numpy.sum(numpy.sin(x) * VALUES[0]))(VALUES[1])
    numpy.testing.assert_allclose(numpy.asarray(slope), numpy.cos(VALUES[1]) * VALUES[0], rtol=1e-5)


def test_a_missing_name_of_the_namespace_names_the_nearest():
    with pytest.raises(AttributeError) as error:
        np.concatenat
    assert (
        str(error.value)
        == "lazyax.numpy has no 'concatenat'; nearest: concatenate, concat, conjugate"
    )
    with pytest.raises(AttributeError) as error:
        np.matrix
    assert str(error.value) == (
        "lazyax.numpy has no 'matrix': NumPy itself advises against it; arrays have any number of "
        "axes; nearest: tri, max, triu"
    )
    with pytest.raises(AttributeError) as error:
        np.qqqqq
    assert str(error.value) == "lazyax.numpy has no 'qqqqq'"
    assert not hasattr(np, "no_such_name")


def test_all_lists_the_public_names():
    public = {name for name in vars(np) if not name.startswith("_")}
    own = {"difflib", "dispatch", "importlib", "sys"}
    own |= {"default_dtype", "DEFAULTS", "LAZY", "WILL_NOT"}
    assert public - own == {name for name in np.__all__ if not name.startswith("__")}
    assert len(np.__all__) == len(set(np.__all__))


def test_the_default_dtypes_are_those_of_the_configuration():
    assert (np.int_, np.float_, np.complex_) == (numpy.int32, numpy.float32, numpy.complex64)
    lx.config.update(default_dtype_bits=64)
    try:
        assert np.int_ is numpy.int64
    finally:
        lx.config.update(default_dtype_bits=32)


def test_ufuncs_have_the_methods_of_numpys(x):
    results = [
        (np.add.reduce(x), VALUES.sum(0)),
        (np.maximum.reduce(VALUES, axis=1), VALUES.max(1)),
        (np.multiply.accumulate(x, axis=1), VALUES.cumprod(1)),
        (np.subtract.outer([1.0, 2.0], x), numpy.subtract.outer([1.0, 2.0], VALUES)),
        (np.logical_and.reduce(x > 0, axis=None), True),
        (np.maximum.accumulate(x[::-1]), numpy.maximum.accumulate(VALUES[::-1])),
        (np.add.reduceat(x, [1, 0], axis=1), numpy.add.reduceat(VALUES, [1, 0], axis=1)),
    ]
    for name, values in (("add", 2.0), ("maximum", [9.0, 1.0, 3.0]), ("divide", 2.0)):
        total, want = x.copy(), VALUES.copy()
        getattr(numpy, name).at(total, (0, [0, 0, 2]), values)
        getattr(numpy, name).at(want, (0, [0, 0, 2]), values)
        results.append((total, want))
    lx.materialize([got for got, _ in results])
    for got, want in results:
        numpy.testing.assert_allclose(numpy.asarray(got), want)


def test_what_a_method_can_not_do_is_an_error(x):
    with pytest.raises(LazyaxTypeError) as error:
        np.add.at(VALUES.copy(), 0, x[0])
    assert str(error.value) == (
        "add.at: changes its first argument, so that must be a lazyax array, got ndarray"
    )
    with pytest.raises(LazyaxTypeError) as error:
        np.add.reduceat(x, [0, 5])
    assert str(error.value) == "add.reduceat: the indices must be from 0 to 1, got [0, 5]"


EARLY = """abs absolute add all allclose alltrue amax amin any append arange arccos arccosh arcsin
    arcsinh arctan arctan2 arctanh argmax argmin argsort around array array_equal asarray atleast_1d
    atleast_2d atleast_3d bitwise_and bitwise_not bitwise_or bitwise_xor broadcast_arrays
    broadcast_to ceil clip column_stack concatenate conj conjugate cos cosh cross cumprod cumproduct
    cumsum deg2rad degrees diag diagonal divide divmod dot dsplit dstack einsum empty empty_like
    equal exp exp2 expand_dims expm1 eye fabs fix flip fliplr flipud float_power floor floor_divide
    fmax fmin fmod full full_like geomspace greater greater_equal heaviside hsplit hstack hypot
    identity imag in1d inner isclose iscomplex isfinite isinf isnan isneginf isposinf isreal ix_
    kron left_shift less less_equal linspace log log10 log1p log2 logaddexp logaddexp2 logical_and
    logical_not logical_or logical_xor logspace matmul max maximum mean median meshgrid min minimum
    mod moveaxis multiply nan_to_num nanmax nanmean nanmin nanprod nansum ndim negative newaxis
    nonzero not_equal ones ones_like outer pad percentile pi polyval positive power prod product ptp
    quantile rad2deg radians ravel real reciprocal remainder repeat reshape right_shift roll rot90
    round row_stack select shape sign signbit sin sinc sinh size sometrue sort split sqrt square
    squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace
    transpose tri tril tril_indices triu triu_indices true_divide trunc unravel_index vander var
    vdot vsplit vstack where zeros zeros_like"""


def test_programs_for_early_jax_find_its_functions():
    assert [name for name in EARLY.split() if name not in np.__all__] == []


OTHERWISE = {"arange", "clip", "empty_like", "fromstring", "imag", "real"}
"""Functions whose first arguments have other names than in NumPy: nobody writes them.

`clip` has those of the array API standard, and takes NumPy's as keywords. NumPy's `fromstring`
does not tell its own.
"""


def test_signatures_begin_as_numpys():
    """What NumPy takes by position comes at the same position here, by the same name."""
    for name in set(np.__all__) - OTHERWISE:
        theirs = getattr(numpy, name, None)
        if isinstance(theirs, (numpy.ufunc, type)) or not callable(theirs):
            continue
        want, got = positional(theirs), positional(getattr(np, name))
        shared = min(len(got), len(want))
        assert got[:shared] == want[:shared], name


def positional(function) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    return [n for n, one in inspect.signature(function).parameters.items() if one.kind in kinds]

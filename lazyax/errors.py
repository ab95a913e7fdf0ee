"""Exceptions. Each message says what was required, what was got, and what to do."""

from __future__ import annotations

import numpy


class LazyaxError(Exception):
    """Base of the errors that lazyax raises on purpose."""


class LazyaxTypeError(LazyaxError, TypeError, ValueError):
    """Shapes, dtypes or arguments that do not fit.

    It is a `TypeError` (as jax raises) and a `ValueError` (as NumPy raises for shapes), so that
    code written against either catches it.
    """


class LinAlgError(LazyaxTypeError, numpy.linalg.LinAlgError):
    """Arrays that are not matrices, not square, or of a dtype that LAPACK lacks.

    Also NumPy's exception of this name. It is never about values: nothing is computed at the
    call, so that a singular matrix gives infinities or NaN instead.
    """


class LazyaxIndexError(LazyaxError, IndexError):
    """An index out of bounds or of a kind that can not be used."""


class AbstractValueError(LazyaxError, TypeError):
    """A value was asked for where none exists: inside ``jit``, ``vmap`` or ``trace``."""


class UnboundAxisError(LazyaxError, NameError):
    """A name of an axis was used where no ``vmap`` around binds it."""


class LeakedValueError(LazyaxError, RuntimeError):
    """A value of a finished trace was used outside it."""


class HistoryGoneError(LazyaxError, RuntimeError):
    """A derivative was asked for of an expression whose history ended when it was materialized."""


class MaterializeError(LazyaxError, ValueError):
    """A value was asked for implicitly where the configuration forbids it.

    A `ValueError`, as the array API standard permits for ``__bool__`` and its like.
    """


class KeyReuseError(LazyaxError, ValueError):
    """A random key was used twice, and the configuration makes that an error."""


class KeyReuseWarning(UserWarning):
    """A random key was used twice: equal keys give equal numbers."""


class KeyUnusedWarning(UserWarning):
    """A note: a random key was made by a split, and never used. It is no error by any setting."""


class DetachedValueWarning(UserWarning):
    """An array that is being differentiated became one of NumPy's: a constant to `grad`."""


class FormatError(LazyaxError, ValueError):
    """A saved graph can not be read: wrong format, version, op or damaged file."""


class GradientError(LazyaxError, AssertionError):
    """A derivative is not what differences of the function say: `lazyax.testing`."""


class InvalidGraphError(LazyaxError, AssertionError):
    """A graph that breaks a rule which every graph keeps: a mistake of ours, or of a rewrite."""


class UnreadLoopWarning(UserWarning):
    """A loop built a long graph and read no value of it, so a part was computed on the way."""

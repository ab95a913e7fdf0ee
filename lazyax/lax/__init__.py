"""`lazyax.lax`: operations beneath NumPy's level, with jax's names.

Branches and loops, convolutions and reductions over windows, blocks at run-time positions, and
`stop_gradient`.
"""

from lazyax.lax.associative import associative_scan
from lazyax.lax.branching import cond, switch
from lazyax.lax.collectives import (
    all_gather,
    all_to_all,
    axis_index,
    axis_size,
    pmax,
    pmean,
    pmin,
    ppermute,
    psum,
    psum_scatter,
)
from lazyax.lax.convolution import (
    conv,
    conv_general_dilated,
    conv_general_shape_tuple,
    conv_transpose,
    conv_with_general_padding,
)
from lazyax.lax.differentiation import stop_gradient
from lazyax.lax.looping import fori_loop, while_loop
from lazyax.lax.precision import reduce_precision
from lazyax.lax.ranking import top_k
from lazyax.lax.scanning import map, scan
from lazyax.lax.slicing import (
    dynamic_index_in_dim,
    dynamic_slice,
    dynamic_slice_in_dim,
    dynamic_update_index_in_dim,
    dynamic_update_slice,
    dynamic_update_slice_in_dim,
)
from lazyax.lax.windows import reduce_window, reduce_window_shape_tuple
from lazyax.ops.numpy.ufuncs import add
from lazyax.ops.numpy.ufuncs import maximum as max
from lazyax.ops.numpy.ufuncs import minimum as min

__all__ = [
    "add", "all_gather", "all_to_all", "associative_scan", "axis_index", "axis_size", "cond",
    "conv", "conv_general_dilated", "conv_general_shape_tuple", "conv_transpose",
    "conv_with_general_padding", "dynamic_index_in_dim", "dynamic_slice",
    "dynamic_slice_in_dim", "dynamic_update_index_in_dim", "dynamic_update_slice",
    "dynamic_update_slice_in_dim", "fori_loop", "map", "max", "min", "pmax", "pmean", "pmin",
    "ppermute", "psum", "psum_scatter", "reduce_precision", "reduce_window",
    "reduce_window_shape_tuple", "scan", "stop_gradient", "switch", "top_k", "while_loop",
]  # fmt: skip

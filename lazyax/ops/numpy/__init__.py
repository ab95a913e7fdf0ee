"""`lazyax.numpy`'s functions: the open set, composed of primitives, grouped by family."""

from lazyax.ops.numpy import (
    assignment,
    at,
    flat,
    indexing,
    methods,
    operators,
    search,
    sorting,
    taking,
)

operators.install()
methods.install()
indexing.install()
assignment.install()
at.install()
flat.install()
search.install()
sorting.install()
taking.install()

"""`lazyax.numpy`'s functions: the open set, composed of primitives, grouped by family."""

from lazyax.ops.numpy import (
    array_api,
    assignment,
    at,
    exchange,
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
exchange.install()
array_api.install()

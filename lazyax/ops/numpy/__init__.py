"""`lazyax.numpy`'s functions: the open set, composed of primitives, grouped by family."""

from lazyax.ops.numpy import (
    array_api,
    assignment,
    exchange,
    indexing,
    methods,
    operators,
)

operators.install()
methods.install()
indexing.install()
assignment.install()
exchange.install()
array_api.install()

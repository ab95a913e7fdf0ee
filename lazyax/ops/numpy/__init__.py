"""`lazyax.numpy`'s functions: the open set, composed of primitives, grouped by family."""

from lazyax.ops.numpy import operators

operators.install()

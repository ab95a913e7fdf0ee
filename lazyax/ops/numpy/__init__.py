"""`lazyax.numpy`'s functions: the open set, composed of primitives, grouped by family."""

from lazyax.ops.numpy import methods, operators

operators.install()
methods.install()

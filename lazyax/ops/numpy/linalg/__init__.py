"""`lazyax.numpy.linalg`'s functions, grouped by family."""

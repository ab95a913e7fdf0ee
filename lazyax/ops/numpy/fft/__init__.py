"""`lazyax.numpy.fft`'s functions, grouped by family."""

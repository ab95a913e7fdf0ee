"""XLA: programs, their compilation and execution. The only place that imports jaxlib."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # before jaxlib is imported, or it logs

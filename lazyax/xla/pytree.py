"""jaxlib's pytrees, in a registry of our own: jax's is not touched."""

from __future__ import annotations

from typing import Any

from jaxlib import _jax

registry = _jax.pytree.PyTreeRegistry()
pytree = _jax.pytree
PyTreeDef: Any = _jax.pytree.PyTreeDef

"""The transforms of nodes by name, for ops that hold graphs: their rules transform what they hold.

Filled by `lazyax.transforms`, a layer above, as `lazyax.graph.node.operators` is by the ops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

transforms: dict[str, Callable[..., Any]] = {}
"""``batch``, ``evaluate``, ``jvp``, ``recompute``, ``transpose``; ``known_int`` of an Array."""

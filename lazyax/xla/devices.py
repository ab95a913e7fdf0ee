"""The devices that arrays are on, named without jaxlib's objects."""

from __future__ import annotations

from typing import Any

import attrs

from lazyax.xla.client import backend


@attrs.frozen(repr=False)
class Device:
    """A device by its platform and its number there. Its text names it: ``cpu:0``.

    Attributes:
        platform: ``cpu``, ``cuda``, ``rocm`` or ``tpu``.
        index: which of the platform's devices, from 0.
    """

    platform: str
    index: int

    def __str__(self) -> str:
        return f"{self.platform}:{self.index}"

    def __repr__(self) -> str:
        return f"Device({self})"


def default_device() -> Device:
    """Where programs run and their results are."""
    device = backend().device
    return Device(backend().platform, device.id)


def devices() -> list[Device]:
    """Every device that an array can be on: one, as programs are not yet spread over several."""
    return [default_device()]


def find_device(named: Any) -> Device | None:
    """The device meant by a `Device`, its text, a platform alone, or None; None if not here."""
    here = default_device()
    return here if named in (None, here, str(here), here.platform) else None

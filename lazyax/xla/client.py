"""The PJRT client: one for the process, made when it is first needed."""

from __future__ import annotations

import functools
import gc
import os
import threading
import warnings

import jaxlib.cpu_feature_guard
import jaxlib.version
from jaxlib import _jax
from jaxlib import xla_client as xc

from lazyax.graph.aval import Aval
from lazyax.xla import processor
from lazyax.xla.plugins import make_plugin_client

jaxlib.cpu_feature_guard.check_cpu_features()

REPLICATED = xc.HloSharding.replicate()

# gone since jaxlib 0.11.2, where the checks went too
SKIP_CHECKS = (
    {"_skip_checks": True}
    if "_skip_checks" in str(xc.array_result_handler.__nb_signature__)
    else {}
)

XlaError = xc.XlaRuntimeError

_making = threading.Lock()
_backend: Backend | None = None


class Backend:
    """A client, the device that programs run on, and the sharding that says so.

    Attributes:
        client: the PJRT client.
        device: where arrays are put and programs run.
        platform: ``cpu``, ``cuda`` or ``tpu``.
    """

    def __init__(self, client, device):
        self.client = client
        self.device = device
        self.platform = device.platform
        self.device_list = xc.DeviceList((device,))
        # GSPMDSharding alone lives wholly in C++; the other classes call into jax
        self.sharding = xc.GSPMDSharding(self.device_list, REPLICATED)

    @functools.lru_cache(maxsize=10_000)  # noqa: B019 - one Backend lives as long as the process
    def result_handler(self, aval: Aval):
        """What wraps an output buffer of this aval."""
        return xc.array_result_handler(aval, self.sharding, committed=True, **SKIP_CHECKS)


def backend() -> Backend:
    """The process's backend; the first call makes it (2-9 ms for CPU)."""
    if _backend is None:
        with _making:
            if _backend is None:
                _make_backend()
    return _backend


def _make_backend() -> None:
    global _backend
    platform = os.environ.get("LAZYAX_PLATFORM", "cpu")
    if platform == "cpu":
        # one processor does nothing else while a program runs in another thread (docs/adr/0038)
        client = xc.make_cpu_client(asynchronous=processor.count() > 1)
    else:
        client = make_plugin_client(platform)
    # jaxlib defers the deletion of buffers to this call, as jax itself arranges
    gc.callbacks.append(lambda *_: _jax.collect_garbage())
    os.register_at_fork(after_in_child=_warn_of_fork)
    _backend = Backend(client, client.local_devices()[0])


def _warn_of_fork() -> None:
    warnings.warn(
        "this process was forked after lazyax started XLA, whose threads do not survive a fork: "
        "the first materialization here will hang; start workers with "
        "multiprocessing.get_context('spawn')",
        RuntimeWarning,
        stacklevel=2,
    )


def compile_text(text: str, options: dict[str, object] | None = None):
    """Compile a StableHLO module for the backend's device.

    Args:
        text: the module.
        options: XLA debug options for this program alone.
    """
    here = backend()
    return here.client.compile_and_load(text.encode(), here.device_list, _with_options(options))


def load_executable(serialized: bytes, options: dict[str, object] | None = None):
    """What ``serialize`` of a compiled program gave, loaded for the backend's device.

    Args:
        serialized: by this very version of jaxlib, for this processor: nothing checks that.
        options: that it was compiled with.
    """
    here = backend()
    return here.client.deserialize_executable(serialized, here.device_list, _with_options(options))


def all_options(options: dict[str, object] | None = None) -> dict[str, object]:
    """XLA debug options of a program: its own, and those of the processor that it runs on.

    But for those of the processor that the user sets in XLA_FLAGS.
    """
    standing = processor.options(processor.description()) if backend().platform == "cpu" else {}
    flags = os.environ.get("XLA_FLAGS", "")
    of_processor = {*standing, *processor.NARROW}
    every = {**standing, **(options or {})}
    return {n: value for n, value in every.items() if n not in of_processor or n not in flags}


def _with_options(options: dict[str, object] | None) -> xc.CompileOptions:
    compile_options = xc.CompileOptions()
    compile_options.env_option_overrides = list(all_options(options).items())
    return compile_options


def versions() -> tuple[str, str]:
    """Of jaxlib, and of the platform: what a compiled program depends on."""
    return jaxlib.version.__version__, backend().client.platform_version

"""PJRT plugins for GPU and TPU, loaded by file: their entry points would import jax."""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import os
import pathlib
from contextlib import suppress

import attrs
from jaxlib import _jax
from jaxlib import xla_client as xc

from lazyax.errors import LazyaxError


@attrs.frozen
class Plugin:
    """Where a platform's wheels keep what is needed.

    Attributes:
        packages: that may hold the shared object, the preferred first.
        library: name of the shared object.
        kernels: packages that may hold the extension with linear-algebra kernels.
        registry: XLA's name of the platform in its tables of custom calls.
    """

    packages: tuple[str, ...]
    library: str
    kernels: tuple[str, ...] = ()
    registry: str = ""


PLUGINS = {
    "cuda": Plugin(
        ("jax_plugins.xla_cuda13", "jax_plugins.xla_cuda12"),
        "xla_cuda_plugin.so",
        ("jax_cuda13_plugin", "jax_cuda12_plugin"),
        "CUDA",
    ),
    "tpu": Plugin(("libtpu",), "libtpu.so"),
}

KERNEL_MODULES = ("gpu_solver", "gpu_linalg", "gpu_prng", "gpu_sparse")

# NVIDIA's wheels by namespace package; loaded first, so that the plugin finds them by name
NVIDIA_LIBRARIES = {
    "cu13": (
        "libcudart.so.13",
        "libnvrtc.so.13",
        "libcublas.so.13",
        "libcublasLt.so.13",
        "libcupti.so.13",
        "libcusparse.so.12",
        "libcusolver.so.12",
        "libcufft.so.12",
    ),
    "cuda_runtime": ("libcudart.so.12",),
    "cuda_nvrtc": ("libnvrtc.so.12",),
    "cublas": ("libcublas.so.12", "libcublasLt.so.12"),
    "cuda_cupti": ("libcupti.so.12",),
    "cusparse": ("libcusparse.so.12",),
    "cusolver": ("libcusolver.so.11",),
    "cufft": ("libcufft.so.11",),
    "nccl": ("libnccl.so.2",),
    "nvshmem": ("libnvshmem_host.so.3",),
    "cudnn": ("libcudnn.so.9",),
}


class PluginError(LazyaxError, RuntimeError):
    """A platform was asked for whose plugin is not installed, or finds no device."""


def make_plugin_client(platform: str):
    """The client of a platform other than CPU.

    Raises:
        PluginError: if the platform is unknown, not installed, or has no device.
    """
    if platform not in PLUGINS:
        raise PluginError(
            f"LAZYAX_PLATFORM={platform!r} is not known: it is cpu or one of {list(PLUGINS)}"
        )
    plugin = PLUGINS[platform]
    library = find_library(platform, plugin)
    if platform == "cuda":
        preload_nvidia()
    c_api = xc.load_pjrt_plugin_dynamically(platform, str(library))
    if plugin.kernels:
        register_kernels(plugin, c_api)
    xc.initialize_pjrt_plugin(platform)
    options = xc.generate_pjrt_gpu_plugin_options() if platform == "cuda" else {}
    try:
        return xc.make_c_api_client(platform, options)
    except _jax.JaxRuntimeError as error:
        raise PluginError(
            f"LAZYAX_PLATFORM={platform}: the plugin {library} started no client: {error}; use "
            "LAZYAX_PLATFORM=cpu on a machine without such a device"
        ) from error


def folder_of(package: str) -> pathlib.Path | None:
    """The folder of a package, found without importing it."""
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return pathlib.Path(next(iter(spec.submodule_search_locations)))
    return pathlib.Path(spec.origin).parent if spec.origin else None


def find_library(platform: str, plugin: Plugin) -> pathlib.Path:
    """The plugin's shared object: from PJRT_NAMES_AND_LIBRARY_PATHS, else beside its package.

    Raises:
        PluginError: naming what to install.
    """
    for item in os.environ.get("PJRT_NAMES_AND_LIBRARY_PATHS", "").split(","):
        name, _, path = item.partition(":")
        if name == platform and path:
            return pathlib.Path(path)
    for package in plugin.packages:
        folder = folder_of(package)
        if folder is not None and (folder / plugin.library).exists():
            return folder / plugin.library
    raise PluginError(
        f"LAZYAX_PLATFORM={platform}: {plugin.library} was not found in "
        f"{' or '.join(plugin.packages)}; install it, for example: pip install 'lazyax[cuda13]'"
    )


def preload_nvidia() -> None:
    """Load NVIDIA's libraries from their wheels, where they are installed."""
    for package, libraries in NVIDIA_LIBRARIES.items():
        folder = folder_of(f"nvidia.{package}")
        for library in libraries if folder is not None else ():
            with suppress(OSError):
                ctypes.CDLL(str(folder / "lib" / library))


def register_kernels(plugin: Plugin, c_api) -> None:
    """Make the platform's linear-algebra kernels known to XLA."""
    for package in plugin.kernels:
        try:
            extension = importlib.import_module(f"{package}.cuda_plugin_extension")
        except ImportError:
            continue
        registry = plugin.registry
        xc.register_custom_type_handler(
            registry, functools.partial(extension.register_custom_type, c_api)
        )
        xc.register_custom_call_handler(
            registry, functools.partial(extension.register_custom_call_target, c_api)
        )
        for name, value in extension.ffi_types().items():
            xc.register_custom_type(name, value, platform=registry)
        for name, value in extension.ffi_handlers().items():
            xc.register_custom_call_target(name, value, platform=registry, api_version=1)
        for module in KERNEL_MODULES:
            found = importlib.import_module(f"jaxlib.{module}").registrations()
            for name, value, version in found.get(registry, ()):
                xc.register_custom_call_target(name, value, platform=registry, api_version=version)
        return

"""Random numbers. Peers draw other numbers than jax, so results are not compared here: that ours
are jax's to the last bit is tested in tests/test_random.py."""

from __future__ import annotations

from benchmarks.workload import Group, Target, Workload

GROUP = Group("Random numbers, 5000x5000")
SHAPE = (5000, 5000)


def drawing(name):
    """A setup that draws from one key again and again."""

    def setup(peer, mode):
        if mode == "numpy":
            import numpy

            draws = {"uniform": "random", "normal": "standard_normal"}
            method = getattr(numpy.random.default_rng(0), draws[name])
            return lambda: method(SHAPE, dtype="f4")
        if mode == "torch":
            function = {"uniform": peer.torch.rand, "normal": peer.torch.randn}[name]
            return lambda: function(SHAPE)
        if mode == "mlx":
            import mlx.core as mx

            return lambda: peer.wait(getattr(mx.random, name)(shape=SHAPE))
        random = peer.random if mode.startswith("lazyax") else peer.jax.random
        key = random.PRNGKey(0)
        called = peer.compiled(mode, lambda key: getattr(random, name)(key, SHAPE))
        return lambda: peer.wait(called(key))

    return setup


for what, against_jax in (("uniform", 0.125), ("normal", 0.25)):
    GROUP.add(
        Workload(
            what,
            drawing(what),
            ("lazyax", "lazyax.jit", "numpy", "jax.jit", "torch", "mlx"),
            [Target(against_jax, "jax.jit"), Target(1.0, "torch")],
            bytes=1e8,
            check=None,
        )
    )

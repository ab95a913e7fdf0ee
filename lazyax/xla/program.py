"""A plan's program: compiled once for its structure, and again to write into memory at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from lazyax.config import config
from lazyax.xla import client, fresh, tiers
from lazyax.xla.buffers import SMALLEST_RECYCLED, Buffer, put
from lazyax.xla.cache import SingleFlightCache
from lazyax.xla.disk_cache import executable_of, stored
from lazyax.xla.lowering import Donations, lower_module, scalar_dtypes
from lazyax.xla.ownership import in_place
from lazyax.xla.plan import Plan
from lazyax.xla.recycle import PAGE_FAULTS, pool

programs = SingleFlightCache()
"""Every compiled program of the process, by canonical key."""


SHARE = 0.1
"""Of the seconds that compiling took, those that a form must have been missed for."""


class Program:
    """A compiled plan, in one form or several.

    The plain form writes fresh outputs. Others write into arguments that die with the run
    (`lazyax.xla.ownership`), or into dead buffers (`lazyax.xla.recycle`). After the first, a form
    is compiled once what it would have saved is `SHARE` of what compiling took, in the background;
    where nothing is compiled there, once it is all of it. All forms may be compiled quickly at
    first, and in full when the program has run a few times (`lazyax.xla.tiers`).

    Attributes:
        module: the lowered program.
        forms: executables, by donations and by which outputs are recycled.
        execute: starts the plain form, once that is compiled.
        dtypes: of the packed scalar arguments.
        handlers: what wraps each output.
        in_place: arguments that it may write over if they die, and their outputs.
        numbers: those of the last call, and the arguments that hold them.
        large: which outputs are worth memory at hand, and their avals.
        given: those of them that are written into memory which is looked for.
        is_given_fresh: whether it may be fresh memory (`lazyax.xla.fresh`), where none is dead.
        compile_seconds: that a form took, at most.
        wasted: seconds that fresh outputs cost although there was memory at hand.
        is_quick: whether forms are compiled quickly.
        runs: how often it ran as compiled quickly.
        is_waiting: whether it waits to be compiled in full.
        asked: forms that wait to be compiled.
    """

    __slots__ = (
        "asked",
        "compile_seconds",
        "dtypes",
        "execute",
        "forms",
        "given",
        "groups",
        "handlers",
        "in_place",
        "is_given_fresh",
        "is_quick",
        "is_waiting",
        "large",
        "module",
        "numbers",
        "runs",
        "wasted",
    )

    def __init__(self, of: Plan, donations: Donations = (), is_quick: bool = False):
        backend = client.backend()
        self.module = lower_module(of, backend.platform)
        self.dtypes = scalar_dtypes(of)
        by_dtype = {dtype: [] for dtype in self.dtypes}
        for position, node in enumerate(of.scalars):
            by_dtype[node.aval.dtype].append(position)
        self.groups = list(by_dtype.values())
        avals = [of.nodes[number].aval for number in of.outputs]
        self.in_place = in_place(of)
        self.handlers = [backend.result_handler(aval) for aval in avals]
        self.large = {n: a for n, a in enumerate(avals) if a.nbytes >= SMALLEST_RECYCLED}
        largest = tuple([number for number, aval in self.large.items() if fresh.pays(aval.nbytes)])
        self.is_given_fresh = bool(largest)
        self.given = largest or tuple(self.large)
        self.numbers: tuple[Sequence[complex], list[Buffer]] = ([], [])
        self.wasted = 0.0
        self.is_quick = is_quick and not self.module.is_exact
        self.runs, self.is_waiting = 0, False
        self.asked: set[tuple] = set()
        self.forms = SingleFlightCache()
        self.execute = None
        self.compile_seconds = 0.0
        self._form(donations, self.given if self.is_given_fresh and not donations else ())

    @property
    def text(self) -> str:
        """The StableHLO module of the plain form."""
        return self.module.text()

    @property
    def executable(self) -> Any:
        """XLA's loaded executable of the plain form."""
        return self._form()

    def run(self, buffers: Sequence[Buffer], scalars: Sequence[complex] = ()) -> list[Buffer]:
        """Start the program; the outputs are buffers that will hold its results. A hot path."""
        if self.execute is not None and not (scalars or self.large):
            return self.execute(buffers).consume_with_handlers(self.handlers)
        execute, arguments = self.prepare(buffers, scalars)
        return execute(arguments).consume_with_handlers(self.handlers)

    def prepare(
        self,
        buffers: Sequence[Buffer],
        scalars: Sequence[complex] = (),
        donations: Donations = (),
    ) -> tuple[Any, Sequence[Buffer]]:
        """What starts the program, and with which arguments.

        Args:
            buffers: the arguments that are arrays.
            scalars: numbers for the others.
            donations: see `lazyax.xla.ownership`: their form must have been compiled.
        """
        if self.is_quick:
            self._warm()
        arguments = buffers
        if scalars:
            arguments = [*buffers, *self.packed(scalars)]
        if donations:
            return self._form(donations).execute_sharded, arguments
        if self.given and (pool.bytes or self.is_given_fresh):
            memory = self._memory()
            if memory is not None:
                return self._form((), self.given).execute_sharded, [*arguments, *memory]
        return self.execute or self._form().execute_sharded, arguments

    def _memory(self) -> list[Buffer] | None:
        """What the outputs in `given` are written into, if that pays: dead, or else fresh."""
        avals = [self.large[number] for number in self.given]
        dead = pool.take([aval.nbytes for aval in avals], partly=self.is_given_fresh)
        if dead is None:
            return None
        if not (self.is_given_fresh or self.pays((), self.given)):
            for buffer in dead:
                pool.give(buffer)
            return None
        pool.recycled += sum([buffer is not None for buffer in dead])
        pairs = zip(avals, dead, strict=True)
        return [fresh.memory(aval) if buffer is None else buffer for aval, buffer in pairs]

    def packed(self, scalars: Sequence[complex]) -> list[Buffer]:
        """The arguments that hold numbers: one array for all of a dtype.

        Loops mostly give the same numbers again: then those of the last call are there already.
        """
        last, buffers = self.numbers
        # 0.0 == -0.0 and 1 + 0j == 1 - 0j, yet they are different numbers
        if last == scalars and 0 not in scalars and complex not in map(type, scalars):
            return buffers
        buffers = [
            put(numpy.array([scalars[position] for position in group], dtype), copy=False)
            for dtype, group in zip(self.dtypes, self.groups, strict=True)
        ]
        self.numbers = (scalars, buffers)
        return buffers

    def pays(self, donations: Donations, recycled: tuple[int, ...] = ()) -> bool:
        """Whether a form is there. If it is not, but is worth it by now, it is compiled."""
        form = (donations, recycled)
        if form in self.forms:
            return True
        written = [*recycled, *[output for _, output in donations]]
        self.wasted += sum(self.large[output].nbytes for output in written) * PAGE_FAULTS
        if not config.quick_runs:
            if self.wasted >= self.compile_seconds:
                self._form(*form)
            return form in self.forms
        if self.is_quick or form in self.asked or self.wasted < self.compile_seconds * SHARE:
            return False
        if tiers.background.ask(lambda: self._form(*form)):
            self.asked.add(form)
        return False

    def _form(self, donations: Donations = (), recycled: tuple[int, ...] = ()) -> Any:
        return self.forms.get((donations, recycled), lambda: self._compiled(donations, recycled))

    def _compiled(self, donations: Donations, recycled: tuple[int, ...]) -> Any:
        text, options = self.module.text(donations, recycled), self.module.options
        is_new = not self.compile_seconds
        found = stored(text, options, is_new) if self.is_quick else None
        if found is not None:
            self.is_quick = False
        elif self.is_quick:
            found = tiers.quickly(text, options, is_new)
        else:
            found = executable_of(text, options, is_new)
        executable, seconds = found
        self.compile_seconds = max(self.compile_seconds, seconds)
        if not donations and not recycled:
            self.execute = executable.execute_sharded
        return executable

    def _warm(self) -> None:
        """Count a run; after enough of them, the program is compiled in full."""
        with self.forms.lock:
            self.runs += 1
            if self.is_waiting or self.runs < config.quick_runs:
                return
            self.is_waiting = True
        self.is_waiting = tiers.background.ask(self.complete)

    def complete(self) -> None:
        """Compile in full what was compiled quickly, and use that from now on."""
        self.is_quick = False
        for form in self.forms.known():
            self.forms.replace(form, self._compiled(*form))


def program_of(planned: Plan, donations: Donations = (), may_be_quick: bool = False) -> Program:
    """The compiled program of a plan: from the cache if its structure was seen before.

    Args:
        planned: what it computes.
        donations: arguments that it may write over at once.
        may_be_quick: whether it may be compiled quickly at first.
    """

    def compiled() -> Program:
        return Program(planned, donations, may_be_quick and tiers.may_be_quick(planned))

    program = programs.get(planned.key, compiled)
    if program.is_quick and not may_be_quick:
        program.complete()
    return program

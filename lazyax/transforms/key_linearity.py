"""Whether random keys are used once: found out where they are used, before anything runs.

A key is known by where its two words come from (`lazyax.transforms.key_places`): the array of keys
that split or `PRNGKey` made, and a position in it. So ``keys[0]`` is one key however often it is
written, and a key stays the same key when it is materialized, copied, marked by ``grad`` or mapped
over by ``vmap``. What is remembered of a use (`lazyax.transforms.key_uses`) is the function and
the line; it lives as long as the array of keys, or a key of it, does. See docs/adr/0017.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from sys import _getframe
from typing import Any

from lazyax.config import config
from lazyax.errors import KeyReuseError, KeyReuseWarning
from lazyax.graph.node import Node
from lazyax.graph.origin import current_origin, describe, is_ours, line_at
from lazyax.graph.traversal import toposort
from lazyax.ops import primitives as p
from lazyax.ops.primitives.leaves import PROBE, running
from lazyax.transforms.key_places import Place, lock, place_in, place_of, places, renew
from lazyax.transforms.key_uses import FOLD, Lanes, Source, Use

COMPILED = "jit"
"""The transform whose function is called again without being run again."""

LOOPS = ("scan", "map", "while_loop", "fori_loop")
"""Transforms that run what they trace many times."""

FOLDS_REMEMBERED = 1024
"""How many numbers that were folded into keys of one array are told apart."""


def consume(key: Node, function: str) -> None:
    """Note that ``function`` uses a key up.

    Raises:
        KeyReuseError: if it was used before, and the configuration says so.

    Warns:
        KeyReuseWarning: if it was used before; once for each two lines.
    """
    if config.key_reuse != "off":
        _note_in_loops(key, place_of(key), Use(function, current_origin(), running.traces))


def fold(key: Node, number: int | None, folded: Node) -> None:
    """Note that a number was folded into a key, which gave the key ``folded``.

    Folding does not use the key up. The same number folded in again gives the same key.

    Args:
        key: of the call.
        number: of the call; None if it is not known.
        folded: the result.

    Raises:
        KeyReuseError: as `consume`.
    """
    if config.key_reuse == "off":
        return
    place = place_of(key)
    _note(place, Use(FOLD, current_origin(), running.traces))
    if number is None:
        renew(folded)
        return
    known, which = place.source.folded, (place.position, place.lanes, number)
    with lock:
        if which not in known and len(known) < FOLDS_REMEMBERED:
            known[which] = Source(folded.origin)
        if which in known:
            places[folded] = Place(known[which], 0)


LOST = "computed with"
"""In `Uses`: other keys were computed of the argument's words."""

Uses = tuple[tuple[int, int, Lanes, str], ...]
"""Of a traced function: number of an argument, position and lanes in it, and who used that."""


def uses_of(inputs: Sequence[Node]) -> Uses:
    """How keys among ``inputs`` were used, for `consume_again`."""
    found = []
    for number, node in enumerate(inputs):
        place = places.get(node)
        if place is not None:
            uses = [(position, (), use) for position, use in place.source.uses.items()]
            for position, lanes, use in [*uses, *place.source.mapped]:
                found.append((number, position, lanes, use.function))
            if place.source.lost:
                found.append((number, 0, (), LOST))
    return tuple(found)


def consume_again(
    uses: Iterable[tuple], arguments: Sequence[Node], function: str, length: int = 1
) -> None:
    """Note that a traced function was called, which uses its arguments as ``uses`` says.

    Args:
        uses: from `uses_of`.
        arguments: of the call.
        function: its name.
        length: for how many slices along axis 0 of the arguments.

    Raises:
        KeyReuseError: as `consume`.
    """
    if config.key_reuse == "off":
        return
    origin = current_origin()
    for number, position, lanes, name in uses:
        array = arguments[number]
        if name == LOST:
            place_in(array, 0, array.aval.shape, ()).source.lose()
            continue
        if length > 1:
            lanes = (*lanes, (length, array.aval.size // length))
        place = place_in(array, position, (2,), lanes)
        called = FOLD if name == FOLD else function
        _note_in_loops(array, place, Use(called, origin, running.traces))


def consume_captured(captured: Iterable[Place], function: str) -> None:
    """Note that a traced function was called, which uses keys that it captured.

    Args:
        captured: of its trace.
        function: its name.

    Raises:
        KeyReuseError: as `consume`.
    """
    if config.key_reuse != "off":
        use = Use(function, current_origin(), running.traces)
        for place in captured:
            _note(place, use)


def _note_in_loops(key: Node, place: Place, use: Use) -> None:
    """Note a use; twice where the same key is used in each step of a loop that is being traced."""
    _note(place, use)
    loops = [trace for trace in use.traces if trace.transform in LOOPS]
    if loops and use.function != FOLD:
        inside = (node.op for node in toposort([key]) if type(node.op) is p.Input)
        if all(op.trace is not loops[-1] for op in inside):
            _note(place, use)


def _note(place: Place, use: Use) -> None:
    if any(trace.transform == PROBE for trace in use.traces):
        return
    source = place.source
    with lock:
        earlier = source.earlier(place.position, place.lanes, use)
        if earlier is None:
            source.add(place.position, place.lanes, use)
            if use.function != FOLD:
                _remember_captured(place, use)
            return
        lines = (line_at(earlier.origin), line_at(use.origin))
        known = lines in source.reported
        source.reported.add(lines)
    if config.key_reuse == "raise":
        raise KeyReuseError(_message(source, earlier, use))
    if not known:
        warnings.warn(_message(source, earlier, use), KeyReuseWarning, stacklevel=_frames_of_ours())


def _remember_captured(place: Place, use: Use) -> None:
    """Tell compiled functions of a key that they use at each call, since it was made outside."""
    for trace in use.traces:
        if trace.transform == COMPILED and trace not in place.source.traces:
            trace.captured.append(place)


def _message(source: Source, earlier: Use, use: Use) -> str:
    return (
        f"{use.function} at {describe(use.origin)} uses a key that {earlier.function} at "
        f"{describe(earlier.origin)} has used already; the key was made at "
        f"{describe(source.origin)}. Equal keys give equal numbers: use a key once, and split it "
        "for more: key, subkey = random.split(key). Where the same numbers are wanted again, draw "
        "with random.clone(key)"
    )


def _frames_of_ours() -> int:
    """How many frames above the caller's the user's is, as `warnings.warn` counts."""
    frame: Any = _getframe(1)
    level = 1
    while is_ours[frame.f_code.co_filename]:
        frame = frame.f_back
        level += 1
    return level

"""Keys that were split and never used: a note with both lines, and none where an idiom is right."""

import atexit
import inspect
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy
import pytest

import lazyax as lx
from lazyax import lax, random
from lazyax.errors import KeyUnusedWarning, LazyaxTypeError
from lazyax.transforms import key_splits


def new_key():
    return random.PRNGKey(0)


def nothing_of_a_split():
    random.split(new_key())


def one_of_three():
    key, first, _ = random.split(new_key(), 3)
    random.normal(key), random.normal(first)


def a_row_of_a_matrix_of_keys():
    keys = random.split(new_key(), (2, 2))
    for row, column in [(0, 0), (0, 1), (1, 0)]:
        random.normal(keys[row, column])


def rows_that_vmap_left():
    keys = random.split(new_key(), 5)
    lx.vmap(random.normal)(keys[:4])


def the_subkey_of_each_step():
    key = new_key()
    for _ in range(3):
        key, _ = random.split(key)


UNUSED = [nothing_of_a_split, one_of_three, a_row_of_a_matrix_of_keys, rows_that_vmap_left]
UNUSED += [the_subkey_of_each_step]


@pytest.mark.parametrize("program", UNUSED, ids=lambda f: f.__name__)
def test_a_key_without_a_use_is_noted(program):
    with pytest.warns(KeyUnusedWarning), random.unused_keys() as notes:
        program()
    assert all("split at tests/transforms/test_unused_keys.py" in note for note in notes)
    assert 1 <= len(notes) <= 2


def carry_and_subkey():
    key = new_key()
    for _ in range(5):
        key, subkey = random.split(key)
        random.normal(subkey, (2,)).materialize()


def rows_by_index_and_iteration():
    keys = random.split(new_key(), 4)
    for i in range(4):
        random.normal(keys[i])
    for key in random.split(new_key(), 40):
        random.normal(key).materialize()


def rows_of_what_was_materialized():
    keys = lx.materialize(random.split(new_key(), 3))
    key, *rest = keys
    for row in [key, *rest]:
        random.normal(row)


def by_vmap_and_scan():
    lx.vmap(random.normal)(random.split(new_key(), 3))
    lx.jit(lx.vmap(random.normal))(random.split(new_key(), 3))
    lax.scan(lambda x, key: (x + random.normal(key), None), 0.0, random.split(new_key(), 3))


def by_a_jitted_function():
    key, first, second = random.split(new_key(), 3)
    draw = lx.jit(lambda key: random.normal(key))
    draw(first), draw(second), lx.jit(lambda: random.normal(key))()


def split_in_a_traced_function():
    @lx.jit
    def three(key):
        return random.split(key, 3)

    for key in three(new_key()):
        random.normal(key)


def picked_by_an_index_array():
    keys = random.split(new_key(), 4)
    lx.vmap(random.normal)(keys[numpy.array([3, 0, 1, 2])])


def picked_at_run_time():
    keys = random.split(new_key(), 4)
    lx.jit(lambda keys, i: random.normal(keys[i]))(keys, 2)
    lax.fori_loop(0, 4, lambda i, x: x + random.normal(keys[i]), 0.0)


def computed_with():
    keys = random.split(new_key(), 2)
    random.normal(keys[0] ^ keys[1])


def numbers_folded_in():
    keys = random.split(new_key(), 2)
    for i in range(2):
        random.normal(random.fold_in(keys[i], lx.numpy.array(i)))


def cloned_and_seeded():
    first, second = random.split(new_key())
    random.normal(random.clone(first))
    with random.stream(second):
        random.normal()


def picked_inside_a_compiled_function():
    keys = random.split(new_key(), 4)
    lx.jit(lambda keys, i: random.normal(keys[i]))(keys, 2)


def looked_at_before_the_first_use():
    _, subkey = random.split(new_key())
    print(subkey)
    random.normal(subkey)


def the_second_key_carried():
    key = new_key()
    for _ in range(3):
        subkey, key = random.split(key)
        random.normal(subkey)
    random.normal(key)


def in_one_of_the_runs_of_a_line():
    for name in ("noisy", "plain"):
        _, subkey = random.split(new_key())
        if name == "noisy":
            random.normal(subkey)


def a_layer_that_needs_none():
    init, _ = lx.nn.serial(lx.nn.Dense(2), lx.nn.Relu, lx.nn.Dense(1))
    init(new_key(), (-1, 2))


def more_than_are_counted():
    random.normal(random.split(new_key(), 2000)[0])


def split_before():
    random.normal(SPLIT[0])


SPLIT = random.split(random.PRNGKey(9), 3)
IDIOMS = [value for value in list(vars().values()) if inspect.isfunction(value)]
IDIOMS = IDIOMS[IDIOMS.index(carry_and_subkey) :]


@pytest.mark.parametrize("program", IDIOMS, ids=lambda f: f.__name__)
def test_keys_that_are_used_are_not_noted(program):
    with random.unused_keys() as notes:
        program()
    assert notes == []


def test_the_note_names_both_lines_and_is_no_error_where_reuse_is_one():
    start = inspect.currentframe().f_lineno
    lx.config.update(key_reuse="raise")
    try:
        with warnings.catch_warnings(record=True) as caught, random.unused_keys() as notes:
            warnings.simplefilter("always")
            key = random.PRNGKey(7)
            keys = random.split(key, 4)
            random.normal(keys[0]), random.normal(keys[2])
    finally:
        lx.config.update(key_reuse="warn")
    line = "tests/transforms/test_unused_keys.py"
    assert notes == [
        f"split at {line}:{start + 6} made 4 keys of one that was made at {line}:{start + 5}, and "
        "keys[1], keys[3] were never used: either another key was used in its place, or fewer are "
        "enough"
    ]
    (warning,) = caught
    assert (warning.category, str(warning.message)) == (KeyUnusedWarning, notes[0])
    assert (warning.filename, warning.lineno) == (__file__, start + 6)


def test_without_notes_of_uses_there_is_nothing_to_say():
    lx.config.update(key_reuse="off")
    try:
        with pytest.raises(LazyaxTypeError) as raised, random.unused_keys():
            pass
    finally:
        lx.config.update(key_reuse="warn")
    assert str(raised.value) == (
        "unused_keys: uses of keys are not noted where lazyax.config.key_reuse is 'off'; set it to "
        "'warn' or 'raise'"
    )


SCRIPT = """
from lazyax import random
key = random.PRNGKey(0)
for _ in range(3):
    key, subkey = random.split(key)
    random.normal(subkey)
first, second, third = random.split(key, 3)
random.normal(first), random.normal(second)
"""


def test_a_script_is_told_at_its_end(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.lstrip())
    ran = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(lx.__file__).parent.parent)},
        capture_output=True,
        check=True,
    )
    assert ran.stderr.decode().replace(str(tmp_path), "").strip() == (
        "/script.py:6: KeyUnusedWarning: split at script.py:6 made 3 keys of one that was made at "
        "script.py:4, and keys[2] was never used: either another key was used in its place, or "
        "fewer are enough\n  first, second, third = random.split(key, 3)"
    )


@pytest.fixture
def end_of_script(monkeypatch):
    """What a process is told that ran a function, with the settings of a user."""

    def told(program, **settings):
        monkeypatch.setattr(key_splits, "_of_process", [])
        monkeypatch.setattr(atexit, "register", lambda function: None)
        lx.config.update(key_unused="warn", **settings)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                program()
                key_splits.say_at_exit()
        finally:
            lx.config.update(key_unused="off", key_reuse="warn")
        return [str(w.message) for w in caught if w.category is KeyUnusedWarning]

    return told


@pytest.mark.parametrize("program", UNUSED, ids=lambda f: f.__name__)
def test_the_end_tells_what_a_block_does(program, end_of_script):
    with warnings.catch_warnings(action="ignore"), random.unused_keys() as notes:
        program()
    assert end_of_script(program) == notes


@pytest.mark.parametrize("program", IDIOMS, ids=lambda f: f.__name__)
def test_the_end_is_silent_where_idioms_are_right(program, end_of_script):
    assert end_of_script(program) == []


def test_the_end_names_three_lines_and_says_how_many_there_are(end_of_script):
    def program():
        for n in (2, 3, 4, 5, 6):
            random.split(new_key(), n)  # lines are told apart by how many keys they make

    *_, last = told = end_of_script(program)
    assert len(told) == 3
    assert last.endswith("enough; so did 2 further lines")
    assert end_of_script(lambda: lx.config.update(key_unused="off") or program()) == []
    assert end_of_script(program, key_reuse="off") == []


def test_who_failed_or_types_it_in_is_told_nothing(end_of_script, monkeypatch):
    for name in ("last_value", "ps1"):
        with monkeypatch.context() as changed:
            changed.setattr(sys, name, "something", raising=False)
            assert end_of_script(nothing_of_a_split) == []
    assert len(end_of_script(nothing_of_a_split)) == 1

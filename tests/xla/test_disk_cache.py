"""Compiled programs on disk: one file each, shared, bounded, and never trusted blindly."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import attrs
import numpy
import pytest

import lazyax as lx
import lazyax.numpy as np
from lazyax.xla import client, disk_cache
from lazyax.xla.disk_cache import HEADER, counts, executable_of, prune
from lazyax.xla.execute import programs

ROOT = Path(__file__).parents[2]

MODULE = """module @lazyax {{
func.func public @main(%a0: tensor<3xf32>) -> (tensor<3xf32>) {{
%0 = stablehlo.add %a0, %a0 : tensor<3xf32>{location}
return %0 : tensor<3xf32>
}}
}}
"""
TEXT = MODULE.format(location="")


@pytest.fixture
def folder(tmp_path):
    """An empty cache on disk, for this test alone."""
    lx.config.update(cache_dir=str(tmp_path / "programs"))
    before = counts.unseen_bytes
    counts.unseen_bytes = None
    yield tmp_path / "programs"
    counts.unseen_bytes = before
    lx.config.update(cache_dir=None)


class Made:
    """How many programs were compiled and loaded inside the block."""

    def __enter__(self):
        self._before = counts.compiled, counts.loaded
        return self

    def __exit__(self, *exception):
        self.compiled = counts.compiled - self._before[0]
        self.loaded = counts.loaded - self._before[1]


def compile_again(expression):
    """The value of an expression, by a program that this process does not remember."""
    programs.clear()
    with Made() as made:
        value = numpy.asarray(expression()).tolist()
    return value, made.compiled, made.loaded


def test_a_program_is_compiled_by_the_first_process_and_loaded_by_others(folder):
    x = lx.materialize(np.arange(3.0))
    assert compile_again(lambda: np.tanh(x) * 0.0 + x) == ([0.0, 1.0, 2.0], 1, 0)
    assert compile_again(lambda: np.tanh(x) * 0.0 + x) == ([0.0, 1.0, 2.0], 0, 1)
    assert {path.suffix for path in folder.iterdir()} == {".xla"}


def test_a_second_process_of_the_digits_example_compiles_nothing(tmp_path):
    environment = {**os.environ, "LAZYAX_CACHE_DIR": str(tmp_path / "programs")}
    arguments = [ROOT / "examples/digits.py", "--epochs", "1", "--out", tmp_path]
    first, second = (
        subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for _ in range(2)
    )
    assert second[:-1] == first[:-1]
    assert first[-1] != second[-1] == "44 steps, 0 programs compiled"


def test_a_loaded_program_finds_the_kernels_of_lapack(tmp_path):
    code = (
        "import lazyax as lx, lazyax.numpy as np; from lazyax.xla.disk_cache import counts; "
        "print(float(np.linalg.inv(np.eye(2) * 4)[0, 0]), counts.compiled, counts.loaded)"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "LAZYAX_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    )
    value, compiled, loaded = first
    assert (float(value), loaded) == (0.25, "0")
    assert int(compiled) > 0
    assert second == [value, "0", compiled]


def test_statistics_tell_compiled_from_loaded(folder):
    x = lx.materialize(np.arange(3.0))
    before = lx.stats()
    compile_again(lambda: x * x * x)
    compile_again(lambda: x * x * x)
    after = lx.stats()
    assert after.programs_compiled - before.programs_compiled == 1
    assert after.programs_loaded - before.programs_loaded == 1
    told = attrs.evolve(after, programs_compiled=1, programs_loaded=1)
    assert "1 programs compiled, 1 loaded" in str(told)


def test_no_cache_on_disk_is_a_setting_and_that_of_these_tests(tmp_path):
    assert lx.config.cache_dir is None
    with Made() as made:
        executable_of(TEXT)
        executable_of(TEXT)
    assert (made.compiled, made.loaded) == (2, 0)


def settings_of_a_process(**environment):
    code = (
        "import json, lazyax as lx; print(json.dumps([lx.config.cache_dir, lx.config.cache_bytes]))"
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LAZYAX_")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def test_the_environment_chooses_folder_and_size():
    assert settings_of_a_process(XDG_CACHE_HOME="/c") == ["/c/lazyax", 2**28]
    assert settings_of_a_process(LAZYAX_CACHE_DIR="/d", LAZYAX_CACHE_BYTES="9") == ["/d", 9]
    assert settings_of_a_process(LAZYAX_CACHE_DIR="off")[0] is None


# what is part of the key


def test_lines_and_file_names_are_not_part_of_the_key(folder):
    with Made() as made:
        executable_of(MODULE.format(location=' loc("train.py":31:0)'))
        executable_of(MODULE.format(location=' loc("other place.py":7:0)'))
        executable_of(TEXT)
    assert (made.compiled, made.loaded) == (1, 2)


def test_an_edited_comment_does_not_compile_again(folder):
    source = "import lazyax.numpy as np\ny = np.tanh(np.ones(5) * 3.0) + 1.0\nstr(y)\n"
    for text, expected in ((source, (1, 0)), ("# a comment\n\n" + source, (0, 1))):
        programs.clear()
        with Made() as made:
            exec(compile(text, f"script{len(text)}.py", "exec"), {})
        assert (made.compiled, made.loaded) == expected


def paths(monkeypatch):
    here = disk_cache.surroundings()
    yield disk_cache._path_of(TEXT, None)
    yield disk_cache._path_of(TEXT.replace("add", "multiply"), None)
    yield disk_cache._path_of(TEXT, {"xla_backend_optimization_level": 0})
    yield disk_cache._path_of(TEXT, {"xla_backend_optimization_level": 1})
    for place in range(len(here)):
        other = (*here[:place], "another", *here[place + 1 :])
        monkeypatch.setattr(disk_cache, "surroundings", lambda other=other: other)
        yield disk_cache._path_of(TEXT, None)
    monkeypatch.setattr(disk_cache, "surroundings", lambda: here)
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    yield disk_cache._path_of(TEXT, None)


def test_programs_options_versions_devices_processor_and_flags_are(folder, monkeypatch):
    found = list(paths(monkeypatch))
    assert len(set(found)) == len(found) >= 10
    assert disk_cache.processor.description()
    assert client.versions()[0] in disk_cache.surroundings()


# what is on disk may be anything


def flip(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


DAMAGE = {
    "empty": lambda data: b"",
    "cut in the header": lambda data: data[:20],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "another format": lambda data: b"x" * len(data),
    "a flipped bit in the digest": lambda data: flip(data, 20),
    "a flipped bit in the code": lambda data: flip(data, len(data) - 9),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_ignored_with_a_warning_and_written_again(folder, damage):
    executable_of(TEXT)
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    with Made() as made, pytest.warns(RuntimeWarning, match="is damaged .* and is compiled again"):
        executable_of(TEXT)
    assert (made.compiled, made.loaded) == (1, 0)
    with Made() as made:
        executable_of(TEXT)
    assert (made.compiled, made.loaded) == (0, 1)


def test_what_xla_refuses_is_damaged_too(folder):
    executable_of(TEXT)
    (path,) = folder.iterdir()
    body = b"not an executable"
    digest = disk_cache.hashlib.sha256(body).digest()
    path.write_bytes(HEADER.pack(disk_cache.MAGIC, digest, 1.0) + body)
    with pytest.warns(RuntimeWarning, match="is damaged"):
        executable_of(TEXT)


def test_a_crash_in_the_middle_of_writing_leaves_no_entry(folder, monkeypatch):
    def crash(*arguments):
        raise KeyboardInterrupt

    replace = os.replace
    monkeypatch.setattr(disk_cache.os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        executable_of(TEXT)
    monkeypatch.setattr(disk_cache.os, "replace", replace)
    (left,) = folder.iterdir()
    assert left.suffix == ".part"
    with Made() as made:
        executable_of(TEXT)
        executable_of(TEXT)
    assert (made.compiled, made.loaded) == (1, 1)
    prune(folder)
    assert left.exists()  # it may belong to a process that is still writing
    os.utime(left, (time.time() - 7200,) * 2)
    prune(folder)
    assert not left.exists()


def test_many_writers_of_one_program_leave_one_whole_entry(folder):
    executables, start = [], threading.Barrier(6)

    def work():
        start.wait()
        executables.append(executable_of(TEXT))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(executables) == 6
    assert [path.suffix for path in folder.iterdir()] == [".xla"]
    with Made() as made:
        executable_of(TEXT)
    assert (made.compiled, made.loaded) == (0, 1)


def test_a_folder_that_can_not_be_written_is_a_warning_and_no_cache(tmp_path, folder):
    (tmp_path / "file").write_text("in the way")
    lx.config.update(cache_dir=str(tmp_path / "file" / "programs"))
    with pytest.warns(RuntimeWarning, match="can not be kept in .*LAZYAX_CACHE_DIR"):
        executable_of(TEXT)
    assert lx.config.cache_dir is None


# size


def test_the_least_recently_used_programs_go(folder, monkeypatch):
    modules = [TEXT.replace("3xf32", f"{size}xf32") for size in (3, 4, 5, 6)]
    for age, module in enumerate(modules):
        executable_of(module)
        past = time.time() - 1000 + age
        os.utime(disk_cache._path_of(module, None), (past, past))
    executable_of(modules[0])  # used again
    size = max(path.stat().st_size for path in folder.iterdir())
    monkeypatch.setattr(lx.config, "cache_bytes", 2 * size + size // 2)
    prune(folder)
    kept = {disk_cache._path_of(module, None) for module in (modules[0], modules[3])}
    assert set(folder.iterdir()) == kept


def test_what_another_process_removes_meanwhile_is_not_missed(folder, monkeypatch):
    for size in (3, 4, 5):
        executable_of(TEXT.replace("3xf32", f"{size}xf32"))
    first, second, third = sorted(folder.iterdir())
    scandir, unlink = os.scandir, disk_cache.pathlib.Path.unlink

    def scandir_of_the_past(path):
        entries = list(scandir(path))
        unlink(first)
        return entries

    def unlink_too_late(path, missing_ok=False):
        unlink(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(disk_cache.os, "scandir", scandir_of_the_past)
    monkeypatch.setattr(disk_cache.pathlib.Path, "unlink", unlink_too_late)
    monkeypatch.setattr(lx.config, "cache_bytes", 0)
    prune(folder)
    assert not any(path.exists() for path in (first, second, third))


def test_the_size_is_bounded_while_a_process_writes(folder, monkeypatch):
    monkeypatch.setattr(lx.config, "cache_bytes", 20_000)
    for size in range(10, 22):
        executable_of(TEXT.replace("3xf32", f"{size}xf32"))
    assert sum(path.stat().st_size for path in folder.iterdir()) < 30_000

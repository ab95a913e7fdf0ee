"""The examples do what they say."""

import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, *arguments):
    ran = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()


def test_digits_learns_without_jit_and_compiles_a_handful_of_programs(tmp_path):
    *epochs, training, test, steps = run("digits", "--epochs", 12, "--out", tmp_path)
    losses = [float(line.split()[-1]) for line in epochs]
    assert len(losses) == 12
    assert losses[-1] < losses[0] / 10
    assert float(training.removeprefix("training accuracy ")) > 0.98
    assert float(test.removeprefix("test accuracy ")) > 0.95
    count, compiled = [int(word) for word in steps.split() if word.isdigit()]
    assert (count, compiled < 10) == (12 * 44, True)
    assert (tmp_path / "digits_loss.png").read_bytes()[:4] == b"\x89PNG"
    drawing = (tmp_path / "digits_loss_graph.svg").read_text()
    assert "<svg" in drawing
    assert "DotGeneral" in drawing


def test_the_picture_in_the_readme_is_what_the_example_draws(tmp_path):
    run("draw_gradient", tmp_path / "gradient.svg")
    drawn = (tmp_path / "gradient.svg").read_text()
    assert "gradient.svg" in (EXAMPLES.parent / "README.md").read_text()
    assert drawn == (EXAMPLES.parent / "docs" / "gradient.svg").read_text()


TOUR = load("tour")


@pytest.mark.parametrize("title", TOUR.SECTIONS)
def test_tour_gives_the_numbers_of_the_document(title):
    rows = list(TOUR.SECTIONS[title]())
    assert rows
    for row in rows:
        assert row.agrees, str(row)


def test_a_row_of_the_tour_can_disagree():
    assert not TOUR.Row("a number", 1.0, 1.1).agrees
    assert not TOUR.Row("a text", "1.0", "1.1").agrees
    assert "DIFFERS" in str(TOUR.Row("a number", 1.0, 1.1))


def test_random_keys_prints_the_documents_numbers_and_a_report_for_each_reuse():
    printed = "\n".join(run("random_keys"))
    assert "[ 1.8160863  -0.48262316  0.33988908]   documented: [1.81608593, " in printed
    assert printed.count("has used already; the key was made at ") == 6
    assert "repaired: nothing to report" in printed


RANDOM_KEYS = load("random_keys")


@pytest.mark.parametrize("program", RANDOM_KEYS.REUSES, ids=lambda f: f.__name__)
def test_each_reuse_is_reported_with_both_lines(program):
    (message,) = RANDOM_KEYS.reports(program)
    source, first = inspect.getsourcelines(program)
    lines = [int(word) for word in re.findall(r"random_keys\.py:(\d+)", message)]
    is_note = program is RANDOM_KEYS.a_key_left_over  # of a split: there is no second use
    assert len(lines) == (2 if is_note else 3)
    assert set(lines) <= set(range(first, first + len(source)))
    assert not RANDOM_KEYS.reports(RANDOM_KEYS.repaired)

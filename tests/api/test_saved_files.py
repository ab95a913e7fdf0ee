"""Files of graphs: what is in them, and that damaged ones are refused with the reason."""

from __future__ import annotations

import copy
import json
import zipfile

import numpy
import pytest
import safetensors.numpy

import lazyax as lx
import lazyax.numpy as np
from lazyax.api.saving import ARRAYS, STRUCTURE
from lazyax.errors import FormatError
from lazyax.graph.verify import verify_graph
from lazyax.xla.plan import plan
from tests.graph.graphs import BUILDERS, loss, mlp_params


def key(graph):
    """What decides whether two graphs are one program."""
    return plan(graph.outputs, graph.inputs).key


@pytest.fixture
def path(tmp_path):
    """Where to save a graph."""
    return tmp_path / "graph.lazyax"


def test_the_file_is_a_zip_of_json_and_safetensors(path):
    graph = BUILDERS["captured"]()
    graph.save(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [STRUCTURE, ARRAYS]
        document = json.loads(archive.read(STRUCTURE))
        arrays = safetensors.numpy.load(archive.read(ARRAYS))
    assert {name: document[name] for name in ("format", "format_version", "ops_version")} == {
        "format": "lazyax graph",
        "format_version": 1,
        "ops_version": 1,
    }
    assert len(arrays) == len(
        [node for node in graph.captured if type(node.value) not in (bool, int, float, complex)]
    )


def test_equal_graphs_give_equal_files(tmp_path):
    files = [BUILDERS["captured"]().save(tmp_path / str(i)).read_bytes() for i in range(2)]
    assert files[0] == files[1]


def test_saving_replaces_a_file_whole_or_not_at_all(path, monkeypatch):
    graph = lx.trace(np.tanh)(1.0)
    graph.save(path)
    before = path.read_bytes()

    def fails(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fails)
    with pytest.raises(OSError, match="no space left"):
        lx.trace(np.sin)(1.0).save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        lx.load(tmp_path / "nothing")
    with pytest.raises(OSError, match="directory"):
        lx.load(tmp_path)


def rewritten(path, change):
    """The file with its document changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members[STRUCTURE])
    changed = change(document)
    members[STRUCTURE] = json.dumps(document if changed is None else changed).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def rename_tanh(document):
    for op in document["ops"]:
        if op[0] == "Tanh":
            op[0] = "Tanhh"


def give_text(text):
    def change(document):
        for op in document["ops"]:
            if op[0] == "DotGeneral":
                op[1]["precision"] = text

    return change


REFUSED = {
    "a later format": (
        lambda d: d.update(format_version=3),
        "its format_version is 3, and this lazyax reads up to 2; upgrade lazyax",
    ),
    "a later op set": (
        lambda d: d.update(ops_version=9),
        "its ops_version is 9, and this lazyax reads up to 1; upgrade lazyax",
    ),
    "another format": (
        lambda d: d.update(format="onnx"),
        "it has the format 'onnx', not 'lazyax graph'",
    ),
    "an unknown op": (
        rename_tanh,
        "it uses the op 'Tanhh', which this lazyax does not have; upgrade lazyax, or import the "
        "module that defines the op first",
    ),
    "an unknown parameter": (
        lambda d: d["ops"][-1][1].update(speed=3),
        "its op Multiply has the parameter 'speed', not known here",
    ),
    "text that would become a program": (
        give_text("DEFAULT] } stablehlo.custom_call"),
        "its op DotGeneral has the text 'DEFAULT] } stablehlo.custom_call' as a parameter",
    ),
    "another shape": (
        lambda d: d["avals"][0].__setitem__(1, [2, 3]),
        None,
    ),
    "no nodes": (lambda d: d.pop("nodes") and None, "is damaged: KeyError: 'nodes'"),
    "no document": (lambda d: [], None),
    "a node before its operand": (
        lambda d: d["nodes"].reverse(),
        None,
    ),
    "a negative number": (
        lambda d: d["graphs"][0].update(outputs=[-1]),
        "is damaged: ValueError: -1 where the number of an entry should be",
    ),
    "a dtype that is none": (
        lambda d: d["avals"][0].__setitem__(0, "O"),
        "is damaged: KeyError: 'O'",
    ),
    "a tree of no kind": (
        lambda d: d["graphs"][0].update(out_tree=[["set", 0]]),
        None,
    ),
    "a class that is code": (
        lambda d: d["graphs"][0].update(in_tree=["*", ["attrs", "X", "a=print(1)"]]),
        "is damaged: ValueError: 'a=print(1)' as a name of a class or a field",
    ),
    "a line that is none": (
        lambda d: d["lines"].__setitem__(0, 'a\n"b":1'),
        "is damaged: ValueError: 'a\\n\"b\":1' where file:line should be",
    ),
    "an array that is missing": (
        lambda d: [node.__setitem__(4, {"array": "77"}) for node in d["nodes"] if node[4]] and None,
        "is damaged: KeyError: '77'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_document_that_says_something_else_is_refused(what, path):
    change, message = REFUSED[what]
    w = np.array(numpy.ones((3, 3), "f4"))
    lx.trace(lambda x: np.tanh(x @ w) * 0.5)(np.ones((3, 3))).save(path)
    rewritten(path, change)
    with pytest.raises(FormatError) as caught:
        lx.load(path)
    text = str(caught.value)
    assert text.startswith(f"load: {path}")
    assert message is None or text.endswith(message)


NOT_FILES_OF_GRAPHS = {
    "empty": lambda whole: b"",
    "text": lambda whole: b"def f(x): return x",
    "half": lambda whole: whole[: len(whole) // 2],
    "without its end": lambda whole: whole[:-1],
    "with more behind it": lambda whole: whole + b"x" * 70_000,
}


@pytest.mark.parametrize("what", NOT_FILES_OF_GRAPHS)
def test_what_is_not_a_whole_file_is_refused(what, path):
    lx.trace(np.tanh)(np.ones(3)).save(path)
    path.write_bytes(NOT_FILES_OF_GRAPHS[what](path.read_bytes()))
    with pytest.raises(FormatError, match=r"it is not a file that graph.save wrote, or not all of"):
        lx.load(path)


def test_compressed_and_foreign_archives_are_refused(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(STRUCTURE, "{}" * 100)
    with pytest.raises(FormatError, match=r"its members are compressed, which graph.save never"):
        lx.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.bin", "")
    with pytest.raises(FormatError) as caught:
        lx.load(path)
    assert str(caught.value) == (
        f"load: {path}: it needs the members graph.json and arrays.safetensors, got ['model.bin']"
    )


def load_or_refuse(path):
    """The loaded graph; None for a file that is refused. Anything else is a failure."""
    try:
        return lx.load(path)
    except FormatError:
        return None


def test_flipped_bits_are_found(path, rng):
    w = np.array(rng.normal(size=(3, 3)).astype("f4"))
    graph = lx.trace(lambda x: np.tanh(x @ w) * 0.5)(np.ones((3, 3)))
    whole = graph.save(path).read_bytes()
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for position in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[position] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(damaged)
        loaded = load_or_refuse(path)
        # a bit that says nothing, such as one of a date, may flip; the contents are the same
        assert loaded is None or key(loaded) == key(graph)
        refused += loaded is None
    assert refused > 320


def test_truncated_files_are_refused_at_every_length(path):
    whole = lx.trace(lambda x: np.tanh(x) * 0.5)(np.ones(3)).save(path).read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert load_or_refuse(path) is None


JUNK = [None, True, -1, 0, 10**30, 1.5, "", "Tanh", [], [[]], {}, {"float": "x"}, {"array": "0"},
        {"graph": 0}, {"bytes": "!"}, {"op": 0}, {"dtype": "f4"}, [0] * 50]  # fmt: skip


def places(document):
    """Every container of a document with every key in it."""
    pending, found = [document], []
    while pending:
        part = pending.pop()
        keys = list(part) if isinstance(part, dict) else range(len(part))
        for each in keys:
            found.append((part, each))
            if isinstance(part[each], (dict, list)):
                pending.append(part[each])
    return found


def test_documents_with_junk_in_any_place_are_refused_or_mean_something(path, rng):
    params = mlp_params()
    lx.trace(lambda x: {"y": loss(params, x, 1.0)})(np.ones((4, 3))).save(path)
    with zipfile.ZipFile(path) as archive:
        document, arrays = json.loads(archive.read(STRUCTURE)), archive.read(ARRAYS)
    refused = 0
    for trial in range(len(places(document))):
        damaged = copy.deepcopy(document)
        part, where = places(damaged)[trial]
        part[where] = JUNK[int(rng.integers(0, len(JUNK)))]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(STRUCTURE, json.dumps(damaged))
            archive.writestr(ARRAYS, arrays)
        loaded = load_or_refuse(path)
        refused += loaded is None
        if loaded is not None:
            verify_graph(loaded)
            assert loaded.listing()
    assert refused > 100

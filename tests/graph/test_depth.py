"""Deep and shared graphs through everything: no recursion, and no path is walked twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SETUP = """
import sys, threading
import networkx
import lazyax as lx, lazyax.numpy as np
from lazyax.graph.verify import verify_graph

def chain():
    x = z = np.ones(3)
    with lx.no_materialize():
        for _ in range(50_000):
            z = np.sin(z) * x
    return lx.Graph([x], z)

def negations():
    x = z = np.ones(3)
    with lx.no_materialize():
        for _ in range(100_000):
            z = -z
    return lx.Graph([x], z)

def diamond():
    x = z = np.ones(3)
    for _ in range(40):
        z = z + z
    return lx.Graph([x], z)

def check(graph, path):
    nodes = len(graph)
    assert graph.listing().count("\\n") == nodes + 1
    verify_graph(graph)
    assert len(lx.load(graph.save(path))) == nodes
    found = graph.networkx
    order = list(networkx.topological_sort(found))
    assert len(order) == nodes and order[-1] is graph.outputs[0]
    assert len(networkx.ancestors(found, graph.outputs[0])) == nodes - 1
    assert len(found.to_networkx(plain=True)) == nodes
    graph.draw(path.with_suffix(".dot"))
    graph.draw(path.with_suffix(".svg"))
    assert len(graph.simplify()) <= nodes
    graph(np.zeros(3)), repr(graph), graph.jvp(), graph.vmap(axis_size=2)
    x = np.ones(3)
    lx.gradients(graph(x).sum(), [x])
"""

MAIN = """
import pathlib
path = pathlib.Path(sys.argv[2]) / "graph.lazyax"

def run():
    try:
        check(globals()[sys.argv[1]](), path)
        finished.append(True)
    except BaseException as error:
        import traceback
        traceback.print_exc(limit=20)

finished = []
sys.setrecursionlimit(200)
thread = threading.Thread(target=run)
thread.start()
thread.join()
sys.exit(not finished)
"""


@pytest.mark.parametrize("shape", ["chain", "negations", "diamond"])
def test_deep_and_shared_graphs_go_through_everything(shape, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", SETUP + MAIN, shape, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr

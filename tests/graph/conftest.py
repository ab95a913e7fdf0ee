"""The graphs that the tests of this folder run over."""

from __future__ import annotations

import pytest

from lazyax.graph.verify import verify_graph
from tests.graph.graphs import BUILDERS


@pytest.fixture(params=BUILDERS)
def graph(request):
    """Each of many graphs, verified."""
    built = BUILDERS[request.param]()
    verify_graph(built)
    return built

"""Transforms: functions from graph to graph, one a file."""

from lazyax.graph.transforms import transforms
from lazyax.transforms.evaluate import evaluate
from lazyax.transforms.jvp import jvp
from lazyax.transforms.recompute import Recompute
from lazyax.transforms.transpose import transpose
from lazyax.transforms.vmap import batch

transforms.update(batch=batch, evaluate=evaluate, jvp=jvp, recompute=Recompute, transpose=transpose)

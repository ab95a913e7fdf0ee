"""The expression graph: avals, ops, nodes, and the ways to walk, rewrite and show them."""

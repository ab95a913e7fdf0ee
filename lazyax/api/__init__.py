"""The transforms of functions and graphs that users call."""

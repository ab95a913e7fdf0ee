"""Operations: the closed set of primitives, and the open set composed of them."""

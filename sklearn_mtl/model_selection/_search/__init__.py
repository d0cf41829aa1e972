"""The parts of a search over task weights."""

"""The parts of grouping tasks, and of learning the groups."""

"""Trees that several tasks share, and what they hold of each task."""

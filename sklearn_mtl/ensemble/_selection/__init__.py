"""Which candidate wins each task."""

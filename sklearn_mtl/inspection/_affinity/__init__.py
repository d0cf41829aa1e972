"""The methods that find affinities of tasks."""

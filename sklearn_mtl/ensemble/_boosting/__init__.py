"""Boosted trees that several tasks share: objective, directions, rounds, importances."""

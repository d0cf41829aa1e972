"""Boosting of trees that several tasks share."""

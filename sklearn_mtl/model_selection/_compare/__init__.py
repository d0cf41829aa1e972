"""The parts of a comparison of estimators."""

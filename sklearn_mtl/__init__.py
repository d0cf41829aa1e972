"""Multi-task learning for scikit-learn users."""

from sklearn_mtl._version import __version__

__all__ = ["__version__"]

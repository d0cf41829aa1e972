"""Jobs that joblib runs, in this process, in others, or on a cluster."""

from sklearn_mtl._parallel._workers import Workers, run_jobs

__all__ = ["Workers", "run_jobs"]

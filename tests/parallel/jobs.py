"""What the tests run in workers, which import it."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score


class Counted(np.ndarray):
    """An array that counts how often it was pickled in this process."""

    n_pickled = 0

    def __reduce_ex__(self, protocol):
        type(self).n_pickled += 1
        return super().__reduce_ex__(protocol)


def add(shared, number):
    return float(shared[0, 0]) + number


def work(shared, number):
    """Take long enough that joblib hands jobs over one by one."""
    time.sleep(0.05)
    return add(shared, number)


def fail(shared, number):
    if number == 3:
        raise ValueError(f"job {number} of {shared.shape}")
    return number


def die_once(folder, number):
    """End the process of the worker with the first job that comes to it."""
    end_process_once(folder)
    return number


def die(folder, number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def end_process_once(folder):
    try:
        Path(folder, "killed").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class MortalAccuracy:
    """The accuracy; where it is asked first, the process is killed."""

    __name__ = "mortal_accuracy"

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, y_true, y_pred, sample_weight=None):
        end_process_once(self.folder)
        return accuracy_score(y_true, y_pred, sample_weight=sample_weight)


class MortalRidge(Ridge):
    """Ridge regression; with alpha=2, the process of the first fit is killed."""

    def __init__(self, alpha=1.0, folder=None):
        super().__init__(alpha=alpha)
        self.folder = folder

    def fit(self, X, y):
        if self.alpha == 2 and self.folder is not None:
            end_process_once(self.folder)
        time.sleep(0.05)
        return super().fit(X, y)

"""Adds saving and loading to the network estimators."""

import copy
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from sklearn_mtl.neural_network._saving._load import load, save
from sklearn_mtl.neural_network._saving._model_card import write_model_card
from sklearn_mtl.neural_network._saving._plain_state import is_packed, pack, unpack
from sklearn_mtl.neural_network._saving._refusal import refuse


class SavingMixin:
    """Lets a fitted network be saved without pickle, and described in a page.

    What pickle and skops get of it is plain data, if there is nothing else in it.
    """

    def __getstate__(self) -> dict[str, Any]:
        packed = pack(self) if hasattr(self, "net_") else None
        state: Any = super().__getstate__()
        return state if packed is None else packed

    def __setstate__(self, state: dict[str, Any]) -> None:
        if is_packed(state):
            state = unpack(state)
        self.__dict__.update(state)

    def __copy__(self) -> Self:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        memo[id(self)] = new = type(self).__new__(type(self))
        new.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return new

    def save(self, path: Any) -> None:
        """Save the fitted estimator to a folder.

        The folder gets a file of tensors, ``model.safetensors``, and ``card.json`` with
        all the rest. Neither holds code, and `load` runs none. A saved model that is
        there already is replaced as a whole, or stays if anything fails.

        Parameters
        ----------
        path : str or path-like
            The folder, which is made.

        Raises
        ------
        ValueError
            If a parameter is code, such as a function or a class that is not of this
            package: pickle or joblib save that. Or if there is something else than a
            saved model at the path.
        OSError
            If the folder cannot be written, or the disk is full.
        """
        check_is_fitted(self)
        save(self, path)

    @classmethod
    def load(cls, path: Any) -> Self:
        """Load an estimator of this class from a folder that `save` has written.

        Parameters
        ----------
        path : str or path-like
            The folder.

        Returns
        -------
        estimator : object
            The fitted estimator, which predicts what the one that was saved predicts.
            More training goes on from its weights with a new state of the optimizer.

        Raises
        ------
        ValueError
            If the folder holds no model of this class that is whole and unchanged.
        """
        estimator = load(path)
        if not isinstance(estimator, cls):
            raise refuse(f"one of {type(estimator).__name__}, not of {cls.__name__}")
        return estimator

    def model_card(self, X: Any = None, y: Any = None) -> str:
        """Describe the fitted estimator in a page.

        Parameters
        ----------
        X : {array-like, sparse matrix, Inputs} of shape (n_samples, n_features), \
default=None
            Inputs to score the tasks on, such as a test set.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks), default=None
            Their labels. Without them, the scores are those of the last epoch that was
            kept in training.

        Returns
        -------
        str
            Markdown: the data, the tasks with their classes and numbers of labels,
            their scores, the settings, and the versions of what was used.
        """
        check_is_fitted(self)
        return write_model_card(self, X, y)

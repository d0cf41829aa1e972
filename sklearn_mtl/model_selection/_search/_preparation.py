"""From a candidate and a fold to a network that is ready to train."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from traceback import format_exc
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from sklearn_mtl._validation import check_task_weights
from sklearn_mtl.neural_network._base import BaseMultiTaskNet
from sklearn_mtl.neural_network._building import find_weight_decay
from sklearn_mtl.neural_network._stack import (
    Member,
    Outcome,
    find_obstacle,
    find_signature,
)
from sklearn_mtl.neural_network._training_run import TrainingRun

# Parameters of which members that start from the same run may have their own.
_OWN = {"task_weights", "lr", "weight_decay"}


def find_net(estimator: Any) -> BaseMultiTaskNet | None:
    """Return the network that the estimator is, or that its pipeline ends with."""
    last = last_step(estimator)
    return last if isinstance(last, BaseMultiTaskNet) else None


def last_step(estimator: Any) -> Any:
    """Return what the pipeline ends with, or the estimator itself."""
    return estimator.steps[-1][1] if type(estimator) is Pipeline else estimator


@dataclass(frozen=True)
class FoldData:
    """The rows of a fold, and the parameters of methods that go with them."""

    number: int
    train: np.ndarray
    test: np.ndarray
    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    fit_params: Mapping[str, Any]
    score_params_train: Mapping[str, Any]
    score_params_test: Mapping[str, Any]

    @classmethod
    def take(
        cls, evaluation: Any, number: int, train: np.ndarray, test: np.ndarray
    ) -> "FoldData":
        """Take the rows from what is evaluated."""
        estimator, X, y = evaluation.estimator, evaluation.X, evaluation.y
        fit_params, score_params = evaluation.fit_params, evaluation.score_params
        X_train, y_train = _safe_split(estimator, X, y, train)
        X_test, y_test = _safe_split(estimator, X, y, test, train)
        return cls(
            number,
            train,
            test,
            X_train,
            y_train,
            X_test,
            y_test,
            _check_method_params(X, params=fit_params, indices=train),
            _check_method_params(X, params=score_params, indices=train),
            _check_method_params(X, params=score_params, indices=test),
        )


@dataclass(frozen=True)
class Candidate:
    """A candidate with its unfitted estimator, or with what is wrong with it.

    `settings` are its parameters but for those that members of one run may have of
    their own.
    """

    number: int
    params: dict[str, Any]
    estimator: Any
    task_weights: np.ndarray
    settings: Hashable = ()
    error: str | None = None

    @property
    def key(self) -> Hashable:
        """What is the same for candidates that share a run."""
        # Which rows are set aside depends on which tasks have any weight, and some
        # optimizers take no weight decay.
        has_decay = self.net.weight_decay is not None
        return self.settings, tuple(self.task_weights > 0), has_decay

    @property
    def net(self) -> BaseMultiTaskNet:
        return last_step(self.estimator)


def read_candidate(
    number: int, estimator: Any, params: dict[str, Any], task_names: Sequence[str]
) -> Candidate:
    """Return the candidate with these parameters."""
    try:
        estimator = clone(estimator).set_params(**clone(params, safe=False))
        net = find_net(estimator)
        if net is None:
            raise TypeError(f"a step became {estimator!r}")
        net._validate_params()
        weights = check_task_weights(net.task_weights, task_names, type(net).__name__)
    except (ValueError, TypeError):
        return Candidate(number, params, None, np.empty(0), error=format_exc())
    step = f"{estimator.steps[-1][0]}__" if type(estimator) is Pipeline else ""
    settings = tuple(
        (name, _identify(value))
        for name, value in sorted(params.items())
        if name.removeprefix(step) not in _OWN
    )
    return Candidate(number, params, estimator, weights, settings)


def _identify(value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value


@dataclass
class Place:
    """A candidate on a fold: the net to train, or what keeps it from training.

    Candidates of one key share estimator, net and run.
    """

    candidate: Candidate
    data: FoldData
    preparation: "_Preparation"

    @property
    def key(self) -> tuple[int, int]:
        return self.candidate.number, self.data.number

    @property
    def error(self) -> str | None:
        return self.preparation.error

    @property
    def obstacle(self) -> str | None:
        """Why the net must be trained by itself."""
        return self.preparation.obstacle

    @property
    def run(self) -> TrainingRun:
        return self.preparation.run

    @property
    def signature(self) -> Hashable:
        """What it has in common with those that it may be stacked with."""
        return find_signature(self.run, self.candidate.settings)

    @property
    def member(self) -> Member:
        net = self.candidate.net
        return Member(
            self.run,
            self.candidate.task_weights,
            self._settings["lr"],
            find_weight_decay(net.optimizer, net.weight_decay),
            self._settings["max_epochs"],
            self._settings["lr_schedule"],
        )

    @property
    def _settings(self) -> dict[str, Any]:
        """What parameters that may be "auto" stand for."""
        own = self.candidate.net._resolve(self.data.X_train, len(self.run.train))
        return self.run.settings | {"lr": own.lr}

    def rewind(self) -> None:
        """Give the net the parameters back that it starts from."""
        self.preparation.start.load(self.run)

    def fitted(self, outcome: Outcome) -> Any:
        """Return the fitted estimator of the outcome, until the next is asked for."""
        net, own = self.preparation.net, self.candidate.net
        outcome.load(self.run)
        net.set_params(
            task_weights=own.task_weights, lr=own.lr, weight_decay=own.weight_decay
        )
        self.run.task_weights = self.candidate.task_weights
        self.run.settings = self._settings
        net.__dict__.update(net._fitted_attributes(self.run))
        return self.preparation.estimator


class _Preparation(BaseEstimator):
    """Stands in for the net of an estimator in `fit`, and prepares it only."""

    run: TrainingRun
    start: Outcome
    error: str | None = None
    obstacle: str | None = None
    estimator: Any = None

    def __init__(self, net: BaseMultiTaskNet):
        self.net = net

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "_Preparation":
        self.run = self.net._prepare(X, y, sample_weight)
        self.start = Outcome.of(self.run)
        self.obstacle = find_obstacle(self.net, self.run)
        return self

    def get_metadata_routing(self) -> Any:
        return self.net.get_metadata_routing()


def prepare_fold(candidates: Sequence[Candidate], data: FoldData) -> Iterator[Place]:
    """Yield the place of each candidate on a fold, one preparation for each key."""
    prepared: dict[Hashable, _Preparation] = {}
    for candidate in candidates:
        if candidate.key not in prepared:
            prepared[candidate.key] = _prepare(candidate, data)
        yield Place(candidate, data, prepared[candidate.key])


def _prepare(candidate: Candidate, data: FoldData) -> _Preparation:
    estimator = clone(candidate.estimator)
    net = last_step(estimator)
    preparation = stand_in = _Preparation(net)
    if isinstance(estimator, Pipeline):
        name = estimator.steps[-1][0]
        estimator.steps[-1] = (name, preparation)
        stand_in = estimator
    try:
        stand_in.fit(data.X_train, data.y_train, **data.fit_params)
    except Exception:
        preparation.error = format_exc()
        return preparation
    if isinstance(estimator, Pipeline):
        estimator.steps[-1] = (name, net)
    preparation.estimator = estimator
    return preparation

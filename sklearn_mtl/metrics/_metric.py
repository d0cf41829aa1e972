"""The metric of one task: a scikit-learn scorer name, a scorer or a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    get_scorer,
    get_scorer_names,
    r2_score,
    roc_auc_score,
)
from sklearn.metrics._scorer import _BaseScorer

from sklearn_mtl._validation import check_option, did_you_mean, parameter_error
from sklearn_mtl.metrics._pairs import Pair
from sklearn_mtl.metrics._probabilities import arrange_probabilities

# Squares of smaller numbers vanish, of numbers beyond its inverse overflow.
_SMALL = 1e-100

RESPONSE_METHODS = ("predict", "predict_proba")


class UndefinedScoreError(Exception):
    """A score has no value; the message says why."""


@dataclass(frozen=True)
class Metric:
    """A function of labels and predictions, and what it must be given."""

    name: str
    function: Callable[..., Any]
    response_method: str
    sign: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_probabilities(self) -> bool:
        return self.response_method == "predict_proba"

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        """The parameters of the function, and their values as set or by default."""
        parameters = signature(self.function).parameters.values()
        return {p.name: p.default for p in parameters} | dict(self.options)

    def score(self, pair: Pair) -> float:
        """Return the score of one task; raise UndefinedScoreError if it has none."""
        score = float(self.apply(pair))
        if np.isnan(score):
            raise UndefinedScoreError("its value is NaN")
        return score

    def apply(self, pair: Pair) -> Any:
        """Return what the function returns for one task, as it is but for the sign."""
        if not len(pair.y_true):
            raise UndefinedScoreError("no labels")
        ranks = self.function in (roc_auc_score, average_precision_score)
        if ranks and (pair.y_true == pair.y_true[0]).all():
            raise UndefinedScoreError("labels of one class only")
        if self.needs_probabilities:
            probabilities, classes = arrange_probabilities(pair)
            if len(classes) == 1:
                raise UndefinedScoreError("labels of one class only")
        try:
            if self.needs_probabilities:
                return self._score_probabilities(pair, probabilities, classes)
            return self._score_predictions(pair)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{pair.owner} cannot apply the metric {self.name!r} to the task "
                f"{pair.task!r}: {error}"
            ) from error

    def _score_predictions(self, pair: Pair) -> Any:
        y_true, y_pred = pair.y_true, pair.y_pred
        plain = self.function is accuracy_score and not self.options
        if plain and _hold_codes(y_true, y_pred):
            # What accuracy_score returns, without its checks: ten times the cost.
            return self.sign * np.average(y_true == y_pred, weights=pair.sample_weight)
        options: dict[str, Any] = {}
        binary = self._parameters.get("average", "binary") == "binary"
        if binary and "pos_label" in self._parameters.keys() - self.options.keys():
            classes = pair.classes
            if classes is None:
                classes = np.unique(np.concatenate([y_true, y_pred]))
            if len(classes) == 2:
                options["pos_label"] = self._positive_class(classes)
        return self._call(pair, y_pred, options)

    def _score_probabilities(
        self, pair: Pair, probabilities: np.ndarray, classes: np.ndarray
    ) -> Any:
        options: dict[str, Any] = {}
        if self._parameters.get("labels", classes) is None:
            options["labels"] = classes
        if len(classes) == 2:
            positive = self._positive_class(classes)
            probabilities = probabilities[:, classes.tolist().index(positive)]
            if "pos_label" in self._parameters:
                options["pos_label"] = positive
        elif self._parameters.get("multi_class") == "raise":
            options["multi_class"] = "ovr"
        return self._call(pair, probabilities, options)

    def _positive_class(self, classes: np.ndarray) -> Any:
        """Return the class that scikit-learn's own scorers take, else the last one."""
        labels = np.sort(classes).tolist()
        default = self._parameters.get("pos_label")
        return default if default in labels else labels[-1]

    def _call(self, pair: Pair, y_pred: np.ndarray, options: dict[str, Any]) -> Any:
        weights = pair.sample_weight
        if weights is not None and "sample_weight" in self._parameters:
            options["sample_weight"] = weights
        elif weights is not None and np.ptp(weights) > 0:
            raise ValueError("it takes no sample_weight, and the weights differ")
        options = {**self.options, **options}
        y_true = pair.y_true
        if self.function is r2_score:
            y_true, y_pred = _keep_squares_finite(y_true, y_pred)
        return self.sign * self.function(y_true, y_pred, **options)


def _keep_squares_finite(
    y_true: np.ndarray, y_pred: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return both in another unit if they are huge or tiny, which R² does not see."""
    if y_true.dtype.kind != "f":
        return y_true, y_pred
    largest = np.abs(y_true).max()
    if largest == 0 or _SMALL < largest < 1 / _SMALL:
        return y_true, y_pred
    # A power of two, by which nothing is rounded.
    exponent = -np.frexp(largest)[1]
    return np.ldexp(y_true, exponent), np.ldexp(y_pred, exponent)


def _hold_codes(*columns: np.ndarray) -> bool:
    """Return whether the columns hold only booleans and whole numbers."""
    return all(
        column.dtype.kind in "biu"
        or (column.dtype.kind == "f" and (column == np.floor(column)).all())
        for column in columns
    )


def resolve_metric(
    metric: Any,
    owner: str,
    response_method: str | None = None,
    greater_is_better: bool = True,
) -> Metric:
    """Return the metric that a scorer name, a scorer or a function stands for."""
    if response_method is not None:
        check_option(response_method, RESPONSE_METHODS, "response_method", owner)
    if isinstance(metric, str) and metric in get_scorer_names():
        resolved = _resolve_scorer(get_scorer(metric), metric)
    elif isinstance(metric, _BaseScorer):
        resolved = _resolve_scorer(metric, repr(metric))
    elif callable(metric):
        name = getattr(metric, "__name__", repr(metric))
        response_method = response_method or "predict"
        if greater_is_better:
            return Metric(name, metric, response_method)
        return Metric(f"neg_{name}", metric, response_method, sign=-1)
    else:
        raise parameter_error(
            "metric",
            owner,
            "the name of a scikit-learn scorer (sklearn.metrics.get_scorer_names() "
            "lists them), a scorer or a function",
            f"{metric!r}{did_you_mean(metric, get_scorer_names())}",
        )
    if response_method not in (None, resolved.response_method):
        expected = f"{resolved.response_method!r} for {resolved.name!r}"
        raise parameter_error("response_method", owner, expected, repr(response_method))
    if not greater_is_better:
        expected = f"True for {resolved.name!r}, which has its own sign"
        raise parameter_error("greater_is_better", owner, expected, greater_is_better)
    return resolved


def _resolve_scorer(scorer: Any, name: str) -> Metric:
    predicts = scorer._response_method == "predict"
    return Metric(
        name=name,
        function=scorer._score_func,
        response_method="predict" if predicts else "predict_proba",
        sign=scorer._sign,
        options=scorer._kwargs,
    )

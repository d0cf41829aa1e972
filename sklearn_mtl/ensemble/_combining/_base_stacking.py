from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._tasks import stack_columns
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.ensemble._candidates._base_candidate_ensemble import (
    BaseCandidateEnsemble,
)
from sklearn_mtl.ensemble._candidates._candidates import Candidates
from sklearn_mtl.ensemble._candidates._read_candidates import KIND_NAMES, is_of_kind
from sklearn_mtl.ensemble._candidates._responses import respond
from sklearn_mtl.ensemble._combining._final_estimators import (
    FinalEstimators,
    fit_final_estimators,
)
from sklearn_mtl.ensemble._combining._losses import measure_losses
from sklearn_mtl.ensemble._combining._out_of_fold import predict_out_of_fold
from sklearn_mtl.ensemble._combining._shared_weights import (
    SharedWeights,
    weigh_candidates,
)


class _Choice(NamedTuple):
    """How the candidates are combined, and their losses out of fold."""

    combination: SharedWeights | FinalEstimators
    losses: np.ndarray


class BaseStacking(BaseCandidateEnsemble):
    """What the estimators have in common that combine all candidates."""

    _combination: SharedWeights | FinalEstimators

    _parameter_constraints: dict[str, Any] = {
        **BaseCandidateEnsemble._parameter_constraints,
        "final_estimator": [HasMethods(["fit", "predict"]), None],
        "sharing": [Interval(Real, 0, np.inf, closed="both")],
        "passthrough": ["boolean"],
    }

    def __init__(
        self,
        estimators: list[tuple[str, Any]],
        final_estimator: Any = None,
        *,
        cv: Any = None,
        sharing: float = 10.0,
        passthrough: bool = False,
        n_jobs: int | None = None,
        missing_label: Any = np.nan,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(estimators)
        self.final_estimator = final_estimator
        self.cv = cv
        self.sharing = sharing
        self.passthrough = passthrough
        self.n_jobs = n_jobs
        self.missing_label = missing_label
        self.random_state = random_state
        self.verbose = verbose

    def _choose(self, candidates: Candidates) -> _Choice:
        owner = type(self).__name__
        if self.passthrough and self.final_estimator is None:
            raise parameter_error(
                "passthrough", owner, "False without a final_estimator", True
            )
        final = self.final_estimator
        if final is not None and not is_of_kind(final, self._kind):
            expected = f"a {KIND_NAMES[self._kind]} or None"
            raise parameter_error("final_estimator", owner, expected, repr(final))
        tasks = candidates.tasks
        predictions = predict_out_of_fold(candidates, self.n_jobs, self.verbose)
        losses = measure_losses(predictions, tasks)
        if self.final_estimator is None:
            names = list(candidates.estimators)
            weights = weigh_candidates(names, predictions, tasks, self.sharing)
            return _Choice(weights, losses)
        final_estimators = fit_final_estimators(
            self.final_estimator,
            candidates,
            predictions,
            passthrough=self.passthrough,
            owner=owner,
        )
        return _Choice(final_estimators, losses)

    def _find_used(self, choice: _Choice) -> Sequence[str]:
        return choice.combination.used

    def _keep(self, choice: _Choice) -> None:
        combination = choice.combination
        self._combination = combination
        self.candidate_names_ = np.array(combination.names, dtype=object)
        self.candidate_losses_ = choice.losses
        self.weights_ = self.shared_weights_ = self.final_estimators_ = None
        if isinstance(combination, SharedWeights):
            self.weights_ = combination.weights
            self.shared_weights_ = combination.shared
        else:
            self.final_estimators_ = combination.estimators

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of all tasks.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Predicted labels. The dtype is numeric when the labels of all tasks are,
            else object.
        """
        check_is_fitted(self)
        columns = self._combination.predict(self._respond(X), X, self._tasks)
        return stack_columns(columns, self._tasks.one_dimensional)

    def _respond(self, X: Any) -> dict[str, list[np.ndarray]]:
        """Return what each candidate that is used says of each task."""
        return {
            name: respond(estimator, X, self._tasks.classes)
            for name, estimator in self.named_estimators_.items()
        }

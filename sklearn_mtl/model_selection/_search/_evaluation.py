"""Fit and score the candidates of a search; networks are trained together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection._validation import _fit_and_score, _score

from sklearn_mtl.model_selection._search._preparation import (
    FoldData,
    Place,
    find_net,
    prepare_fold,
    read_candidate,
)
from sklearn_mtl.model_selection._search._results import Result
from sklearn_mtl.neural_network._stack import (
    bytes_of_inputs,
    count_members,
    train_together,
)

# Bytes of the inputs of the folds that are held at once.
_INPUT_BUDGET = 2**28


@dataclass(frozen=True)
class Evaluation:
    """What candidates are fitted and scored on.

    `fit_params` and `score_params` are as scikit-learn routes them; the scorer is a
    callable that returns a number or a dict of numbers.
    """

    estimator: Any
    X: Any
    y: Any
    task_names: tuple[str, ...]
    scorer: Any
    fit_params: Mapping[str, Any]
    score_params: Mapping[str, Any]
    return_train_score: bool

    def run(
        self,
        candidates: Sequence[dict[str, Any]],
        folds: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> tuple[list[list[Result | None]], bool]:
        """Return the results of each candidate on each fold, and whether all are there.

        Interrupted, it leaves those that it has not got to None.
        """
        results: list[list[Result | None]] = [[None] * len(folds) for _ in candidates]
        try:
            for candidate, fold, result in self._results(candidates, folds):
                results[candidate][fold] = result
        except KeyboardInterrupt:
            return results, False
        return results, True

    def _results(
        self,
        candidates: Sequence[dict[str, Any]],
        folds: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> Iterator[tuple[int, int, Result]]:
        if find_net(self.estimator) is None:
            for c, params in enumerate(candidates):
                for f, fold in enumerate(folds):
                    yield c, f, self._fit_alone(params, fold)
            return
        read = [
            read_candidate(c, self.estimator, params, self.task_names)
            for c, params in enumerate(candidates)
        ]
        waiting: list[Place] = []
        for f, (train, test) in enumerate(folds):
            data = FoldData.take(self, f, train, test)
            for candidate in read:
                if candidate.error is not None:
                    yield candidate.number, f, self._failure(candidate.error)
            for place in prepare_fold([c for c in read if c.error is None], data):
                if place.error is not None:
                    yield *place.key, self._failure(place.error)
                else:
                    waiting.append(place)
            if bytes_of_inputs([place.run for place in waiting]) > _INPUT_BUDGET:
                yield from self._train(waiting)
                waiting = []
        yield from self._train(waiting)

    def _train(self, waiting: Sequence[Place]) -> Iterator[tuple[int, int, Result]]:
        """Train what can be stacked in chunks, then the others one by one."""
        stacks: dict[Any, list[Place]] = {}
        for place in waiting:
            if place.obstacle is None:
                stacks.setdefault(place.signature, []).append(place)
        encode_now = bytes_of_inputs([place.run for place in waiting]) < _INPUT_BUDGET
        for stack in stacks.values():
            # All folds of a candidate go together, so that candidates get complete.
            stack.sort(key=lambda place: place.key)
            size = count_members(stack[0].run)
            n_chunks = -(-len(stack) // size)
            for chunk in np.array_split(np.arange(len(stack)), n_chunks):
                yield from self._train_chunk([stack[k] for k in chunk], encode_now)
        for place in waiting:
            if place.obstacle is not None:
                yield self._place_alone(place)

    def _train_chunk(
        self, chunk: Sequence[Place], encode_now: bool
    ) -> Iterator[tuple[int, int, Result]]:
        done: list[Result] = []
        start, scoring = perf_counter(), 0.0
        for place in chunk:
            # It has those of the last member that was scored.
            place.rewind()
        left = dict(enumerate(chunk))
        try:
            outcomes = train_together([place.member for place in chunk], encode_now)
            for m, outcome in outcomes:
                place = left.pop(m)
                if outcome.error is not None:
                    result = self._failure(outcome.error)
                else:
                    result = self._score(place.fitted(outcome), place.data)
                done.append(result)
                scoring += result["score_time"]
                yield *place.key, result
        except (ArithmeticError, RuntimeError, TypeError, ValueError):
            # One of them is to blame, such as one with a balancer that fails.
            for place in left.values():
                yield self._place_alone(place)
        finally:
            share = (perf_counter() - start - scoring) / len(chunk)
            for result in done:
                result["fit_time"] = share

    def _place_alone(self, place: Place) -> tuple[int, int, Result]:
        fold = (place.data.train, place.data.test)
        return *place.key, self._fit_alone(place.candidate.params, fold)

    def _fit_alone(
        self, params: dict[str, Any], fold: tuple[np.ndarray, np.ndarray]
    ) -> Result:
        return _fit_and_score(
            clone(self.estimator),
            self.X,
            self.y,
            scorer=self.scorer,
            train=fold[0],
            test=fold[1],
            verbose=0,
            parameters=params,
            fit_params=self.fit_params,
            score_params=self.score_params,
            return_train_score=self.return_train_score,
            return_times=True,
            error_score=np.nan,
        )

    def _score(self, estimator: Any, data: FoldData) -> Result:
        start = perf_counter()
        result = {
            "fit_error": None,
            "test_scores": _score(
                estimator,
                data.X_test,
                data.y_test,
                self.scorer,
                data.score_params_test,
                np.nan,
            ),
        }
        result["score_time"] = perf_counter() - start
        if self.return_train_score:
            result["train_scores"] = _score(
                estimator,
                data.X_train,
                data.y_train,
                self.scorer,
                data.score_params_train,
                np.nan,
            )
        return result

    def _failure(self, error: str) -> Result:
        result = {"fit_error": error, "fit_time": 0.0, "score_time": 0.0}
        return {**result, **self.without_scores()}

    def without_scores(self) -> Result:
        """Return what stands for the scores where there are none."""
        scorer = getattr(self.scorer, "_scorers", self.scorer)
        scores: Any = np.nan
        if isinstance(scorer, Mapping):
            scores = dict.fromkeys(scorer, np.nan)
        if self.return_train_score:
            return {"test_scores": scores, "train_scores": scores}
        return {"test_scores": scores}

"""The methods of the benchmark, all with their defaults.

An estimator is imported when it is made: a package that is not installed keeps no other
method from running.
"""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)

Columns = Literal["categories", "codes", "one-hot"]


@dataclass(frozen=True)
class Method:
    """An estimator, whether it is for each task, and what goes before it.

    Categorical columns are of pandas' kind "category", numbers, or one column per
    category; `before` has transformers for what takes no missing values, or wants all
    columns on one scale.
    """

    estimator: str
    columns: Columns
    parameters: dict[str, Any] = field(default_factory=dict)
    per_task: bool = True
    before: tuple[type[BaseEstimator], ...] = ()

    def make(self, seed: int) -> BaseEstimator:
        """Return an estimator of all tasks."""
        module, _, name = self.estimator.rpartition(".")
        kind = getattr(import_module(module), name)
        estimator = kind(**self.parameters, random_state=seed)
        if self.before:
            before = (transformer() for transformer in self.before)
            estimator = make_pipeline(*before, estimator)
        if not self.per_task:
            return estimator
        if name.endswith(("Regressor", "Ridge")):
            return IndependentTasksRegressor(estimator)
        return IndependentTasksClassifier(estimator)

    def prepare(self, X: Any, X_test: Any) -> tuple[Any, Any]:
        """Return both parts of the inputs as the estimator wants them."""
        if self.columns == "categories" or not isinstance(X, pd.DataFrame):
            return X, X_test
        names = X.select_dtypes("category").columns
        encode = number_categories
        if self.columns == "one-hot":
            encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
            encode = encoder.fit(X[names]).transform
        return tuple(
            np.hstack([part.drop(columns=names), encode(part[names])])
            for part in (X, X_test)
        )


def number_categories(X: pd.DataFrame) -> pd.DataFrame:
    """Return the codes of categories, NaN where missing."""
    codes = X.apply(lambda column: column.cat.codes.astype(float))
    return codes.mask(codes < 0)


NET = Method(
    "sklearn_mtl.neural_network.MultiTaskNetClassifier", "categories", per_task=False
)
OURS: dict[str, Method] = {
    **{
        f"net_{preset}": replace(NET, parameters={"preset": preset})
        for preset in ("fast", "default", "best")
    },
    "forest": Method(
        "sklearn_mtl.ensemble.MultiTaskForestClassifier", "codes", per_task=False
    ),
    "boosting": Method(
        "sklearn_mtl.ensemble.MultiTaskBoostingClassifier", "codes", per_task=False
    ),
}
SCALED = (SimpleImputer, StandardScaler)
ONE_THREAD = {"device": "cpu", "n_threads": 1}
CLASSIFIERS: dict[str, Method] = OURS | {
    "logistic_regression": Method(
        "sklearn.linear_model.LogisticRegression",
        "one-hot",
        {"max_iter": 1000},
        before=SCALED,
    ),
    "random_forest": Method("sklearn.ensemble.RandomForestClassifier", "codes"),
    "hist_gradient_boosting": Method(
        "sklearn.ensemble.HistGradientBoostingClassifier", "categories"
    ),
    "xgboost": Method("xgboost.XGBClassifier", "codes", {"n_jobs": 1}),
    "mlp": Method("sklearn.neural_network.MLPClassifier", "one-hot", before=SCALED),
    "tabm": Method(
        "pytabkit.TabM_D_Classifier", "one-hot", ONE_THREAD, before=(SimpleImputer,)
    ),
    "realmlp": Method(
        "pytabkit.RealMLP_TD_Classifier", "one-hot", ONE_THREAD, before=(SimpleImputer,)
    ),
}
REGRESSORS: dict[str, Method] = {
    name: replace(method, estimator=method.estimator.replace("Classifier", "Regressor"))
    for name, method in CLASSIFIERS.items()
    if name != "logistic_regression"
} | {"ridge": Method("sklearn.linear_model.Ridge", "one-hot", before=SCALED)}
SLOW = ("tabm", "realmlp")  # all data sets take them a day

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, MultiTaskLasso
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.model_selection import MultiTaskKFold, compare_with_single_task
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier


class OneForAll(ClassifierMixin, BaseEstimator):
    """Takes all tasks for one and the same: right or wrong by construction."""

    def __init__(self, task_weights=None):
        self.task_weights = task_weights

    def fit(self, X, y):
        columns = np.reshape(y, (len(X), -1))
        assert self.task_weights is None or len(self.task_weights) == columns.shape[1]
        rows, tasks = np.nonzero(~np.isnan(columns))
        self.n_outputs_ = columns.shape[1]
        self.classifier_ = LogisticRegression().fit(X[rows], columns[rows, tasks])
        return self

    def predict(self, X):
        predicted = self.classifier_.predict(X)
        return np.column_stack([predicted] * self.n_outputs_).squeeze()


@pytest.fixture(scope="module")
def scarce():
    """Four tasks that are the same one; each has 600 labels for 300 inputs."""
    X = np.random.RandomState(0).normal(size=(2400, 300))
    Y = np.repeat(X[:, :9].sum(axis=1, keepdims=True) > 0, 4, axis=1).astype(float)
    Y[np.arange(2400)[:, np.newaxis] % 4 != np.arange(4)] = np.nan
    return X, Y


@pytest.fixture
def few(scarce):
    X, Y = scarce
    return X[:200, :20], Y[:200]


def test_same_tasks_help(scarce):
    comparison = compare_with_single_task(OneForAll(), *scarce, random_state=0)
    assert comparison.baseline_ == "single task"
    assert [*comparison.scores_] == ["single task", "multi-task"]
    assert comparison.delta_m_["multi-task"] > 10
    assert comparison.summary()["verdict"].tolist().count("helps") >= 3


def test_opposite_tasks_hurt(scarce):
    X, Y = scarce
    Y = np.column_stack([Y[:, :2], 1 - Y[:, 2:]])
    comparison = compare_with_single_task(OneForAll(), X, Y, random_state=0)
    assert comparison.delta_m_["multi-task"] < -10
    assert comparison.summary()["verdict"].tolist() == ["hurts"] * 4


def test_already_independent_is_no_evidence(few):
    """One copy per task of one copy per task: the same fits, the same scores."""
    estimator = IndependentTasksClassifier(LogisticRegression())
    comparison = compare_with_single_task(estimator, *few, random_state=0)
    summary = comparison.summary()
    assert (summary["difference"] == 0).all()
    assert (summary["verdict"] == "no evidence").all()
    assert comparison.delta_m_ == {"multi-task": 0}


@pytest.mark.parametrize("named", [True, False])
def test_task_weights_are_reset(few, named):
    X, Y = few
    weights = [1.0, 2.0, 3.0, 4.0]
    if named:
        Y = pytest.importorskip("pandas").DataFrame(Y, columns=list("abcd"))
    estimator = make_pipeline(StandardScaler(), OneForAll(weights))
    comparison = compare_with_single_task(estimator, X, Y, cv=2)
    assert comparison.task_names_.tolist() == (
        list("abcd") if named else [f"task{t}" for t in range(4)]
    )
    assert estimator[-1].task_weights is weights


def test_pipeline_is_fitted_on_the_rows_of_each_task(few):
    X, Y = few
    pipeline = make_pipeline(StandardScaler(), OneForAll())
    cv = MultiTaskKFold(3, random_state=0)
    comparison = compare_with_single_task(pipeline, X, Y, cv=cv)
    train, test = next(cv.split(X, Y))
    seen = {part: rows[~np.isnan(Y[rows, 0])] for part, rows in
            (("train", train), ("test", test))}  # fmt: skip
    alone = make_pipeline(StandardScaler(), LogisticRegression())
    alone.fit(X[seen["train"]], Y[seen["train"], 0])
    expected = alone.score(X[seen["test"]], Y[seen["test"], 0])
    assert comparison.scores_["single task"][0, 0] == pytest.approx(expected)


def test_regressor_of_2d_targets_only():
    X = np.random.RandomState(0).normal(size=(60, 5))
    Y = np.column_stack([X[:, 0], X[:, 1] - X[:, 0]])
    cv = [(np.arange(40), np.arange(40, 60))] * 2
    comparison = compare_with_single_task(MultiTaskLasso(0.1), X, Y, cv=cv)
    together = MultiTaskLasso(0.1).fit(X[:40], Y[:40]).predict(X[40:])
    alone = MultiTaskLasso(0.1).fit(X[:40], Y[:40, :1]).predict(X[40:])
    assert comparison.scores_["multi-task"][0] == pytest.approx(
        r2_score(Y[40:], together, multioutput="raw_values").tolist()
    )
    assert comparison.scores_["single task"][0, 0] == pytest.approx(
        r2_score(Y[40:, 0], alone)
    )


def test_probability_metric(shared_data):
    arrays = shared_data("yeast")
    X, Y = arrays["X"][:400], arrays["Y"][:400, :3]
    forest = RandomForestClassifier(20, random_state=0)
    comparison = compare_with_single_task(
        forest, X, Y, scoring="roc_auc", cv=3, random_state=0
    )
    assert comparison.scores_["single task"].mean() > 0.6
    assert comparison.scores_["multi-task"].mean() > 0.6


def test_net_of_classes_with_missing_labels(few):
    X, Y = few
    Y = np.where(np.isnan(Y), -1, Y).astype(int)
    net = MultiTaskNetClassifier(
        (8,), task_weights=[1, 1, 2, 2], missing_label=-1, max_epochs=5, random_state=0
    )
    comparison = compare_with_single_task(
        make_pipeline(StandardScaler(), net), X, Y, cv=2, missing_label=-1
    )
    assert comparison.scores_["single task"].shape == (2, 4)
    assert np.isfinite(comparison.scores_["multi-task"]).all()


def test_net_of_both_kinds():
    """Each task is fitted alone as what it is, whatever its values look like."""
    pd = pytest.importorskip("pandas")
    X = np.random.RandomState(0).normal(size=(200, 4))
    Y = pd.DataFrame({"sign": np.where(X[:, 0] > 0, "+", "-"), "count": X[:, 1] // 1})
    Y.loc[::5, "sign"] = None
    net = MultiTaskNet(
        (16,),
        task_types={"count": "regression"},
        class_weight={"sign": "balanced"},
        task_weights=[1, 2],
        max_epochs=30,
        random_state=0,
    )
    comparison = compare_with_single_task(net, X, Y, cv=2, random_state=0)
    assert comparison.metrics_ == ["accuracy", "r2"]
    for scores in comparison.scores_.values():
        assert scores[:, 0].min() > 0.6
        assert np.isfinite(scores).all()


def test_net_of_both_kinds_with_a_metric_of_probabilities():
    """Whichever task comes first, and tuned or not."""
    X = np.random.RandomState(0).normal(size=(200, 4))
    columns = {"sign": np.where(X[:, 0] > 0, "+", "-"), "value": X[:, 1]}
    pd = pytest.importorskip("pandas")
    net = MultiTaskNet((32,), lr=0.02, max_epochs=40, random_state=0)
    for names in (["sign", "value"], ["value", "sign"]):
        comparison = compare_with_single_task(
            net,
            X,
            pd.DataFrame(columns)[names],
            scoring={"sign": "roc_auc"},
            search={"lr": [0.01, 0.02]} if names[0] == "value" else None,
            cv=2,
            random_state=0,
        )
        sign = names.index("sign")
        assert comparison.metrics_[sign] == "roc_auc"
        for scores in comparison.scores_.values():
            assert np.isfinite(scores).all()
            assert scores[:, sign].min() > 0.8


def test_estimator_must_be_one():
    X, Y = np.zeros((10, 1)), np.zeros((10, 2))
    for given in (LogisticRegression, "net"):
        with pytest.raises(ValueError, match="'estimator' parameter of compare_with_"):
            compare_with_single_task(given, X, Y)

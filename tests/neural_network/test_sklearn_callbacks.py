"""Callbacks of scikit-learn, set with `set_callbacks`."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.metrics import make_multitask_scorer, per_task_scorers
from sklearn_mtl.neural_network import MultiTaskNetClassifier

sklearn_callback = pytest.importorskip("sklearn.callback")

X, Y = make_multitask_classification(
    80, 5, n_tasks=2, missing_fraction=0.2, random_state=0
)


def small(**params):
    defaults = {"hidden_layer_sizes": (8,), "max_epochs": 4, "random_state": 0}
    # With a schedule, what an epoch is like depends on how many there are to be.
    defaults |= {"lr_schedule": "constant"}
    return MultiTaskNetClassifier(**{**defaults, "early_stopping": False, **params})


class Recorder:
    """Writes down what it is told, and says when to stop."""

    def __init__(self, stop_after=None):
        self.events = []
        self.scores = []
        self.stop_after = stop_after

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(
        self,
        estimator,
        context,
        *,
        X=None,
        y=None,
        metadata=None,
        fitted_estimator=None,
    ):
        self.events.append(f"end {context.task_name}")
        if fitted_estimator is not None:
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == self.stop_after


def test_callbacks_are_told_of_every_epoch():
    recorder = Recorder()
    small().set_callbacks(recorder).fit(X, Y)
    epochs = ["begin epoch", "end epoch"] * 4
    assert recorder.events == ["setup", "begin fit", *epochs, "end fit", "teardown"]


def test_the_net_of_every_epoch_can_be_scored():
    recorder = Recorder()
    net = small(dropout=0.5).set_callbacks(recorder).fit(X, Y)
    alone = [
        small(dropout=0.5, max_epochs=k).fit(X, Y).score(X, Y) for k in range(1, 5)
    ]
    assert recorder.scores[:4] == pytest.approx(alone)
    assert recorder.scores[-1] == net.score(X, Y)


def test_watching_does_not_change_the_fit():
    watched = small(dropout=0.5).set_callbacks(Recorder()).fit(X, Y)
    plain = small(dropout=0.5).fit(X, Y)
    np.testing.assert_array_equal(watched.transform(X), plain.transform(X))


def test_callbacks_may_stop_training():
    net = small().set_callbacks(Recorder(stop_after=2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.fit(X, Y)
    assert net.n_iter_ == 2
    expected = small(max_epochs=2).fit(X, Y)
    np.testing.assert_array_equal(net.transform(X), expected.transform(X))


def test_partial_fit_reports_its_epoch():
    recorder = Recorder()
    net = small().set_callbacks(recorder).partial_fit(X, Y)
    net.partial_fit(X, Y)
    expected = ["setup", "begin fit", "begin epoch", "end epoch", "end fit", "teardown"]
    assert recorder.events == expected * 2


def test_callbacks_are_torn_down_when_a_fit_fails():
    class Fail(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise RuntimeError("stop here")

    recorder = Recorder()
    net = small(callbacks=[Fail()]).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="stop here"):
        net.fit(X, Y)
    assert recorder.events[-1] == "teardown"
    assert not [name for name in vars(net) if "callback_fit" in name]


def test_early_stopping_ends_the_report():
    recorder = Recorder()
    net = small(early_stopping=True, lr=0.1, max_epochs=60, n_iter_no_change=2)
    net.set_callbacks(recorder).fit(X, Y)
    assert net.n_iter_ < 60
    assert recorder.events.count("end epoch") == net.n_iter_
    assert recorder.events[-2:] == ["end fit", "teardown"]
    assert recorder.scores[-1] == net.score(X, Y)


def test_the_last_report_is_of_the_weights_that_are_kept():
    class KeepLast(Recorder):
        def on_fit_task_end(self, *args, fitted_estimator=None, **kwargs):
            self.last = fitted_estimator.predict_proba(X)[0]

    recorder = KeepLast()
    net = small(early_stopping=True, lr=0.1, max_epochs=60, n_iter_no_change=2)
    net.set_callbacks(recorder).fit(X, Y)
    assert net.best_epoch_ < net.n_iter_
    np.testing.assert_array_equal(recorder.last, net.predict_proba(X)[0])


def test_clones_keep_their_callbacks():
    recorder = Recorder()
    clone(small().set_callbacks(recorder)).fit(X, Y)
    assert recorder.events


# scikit-learn's own callbacks


@pytest.mark.parametrize(
    ("scoring", "columns"),
    [
        (make_multitask_scorer("balanced_accuracy"), {"score"}),
        (per_task_scorers("accuracy", 2), {"task0", "task1", "mean"}),
    ],
    ids=["one scorer", "scorer per task"],
)
def test_scoring_monitor(scoring, columns):
    monitor = sklearn_callback.ScoringMonitor(scoring=scoring)
    small().set_callbacks(monitor).fit(X, Y)
    log = monitor.get_logs().data_as_pandas
    epochs = log[log["task_name"] == "epoch"]
    assert len(epochs) == 4
    assert columns <= set(log.columns)
    assert epochs[list(columns)].notna().all(axis=None)


def test_scoring_monitor_in_a_grid_search_of_two_processes():
    monitor = sklearn_callback.ScoringMonitor(scoring=make_multitask_scorer("accuracy"))
    net = small(max_epochs=2).set_callbacks(monitor)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), net),
        {"multitasknetclassifier__task_weights": [[1, 1], [1, 2]]},
        scoring=make_multitask_scorer("accuracy"),
        cv=KFold(2),
        n_jobs=2,
    )
    search.fit(X, np.nan_to_num(Y))
    alone = clone(search).set_params(n_jobs=1).fit(X, np.nan_to_num(Y))
    scores = (fitted.cv_results_["mean_test_score"] for fitted in (search, alone))
    np.testing.assert_array_equal(*scores)
    log = monitor.get_logs().data_as_pandas
    # Two settings in two folds, and the best one on all rows; an epoch each, and a fit.
    assert (log["task_name"] == "epoch").sum() == (2 * 2 + 1) * 2
    assert log["score"].notna().all()


def test_progress_bar(capsys):
    pytest.importorskip("rich")
    small().set_callbacks(sklearn_callback.ProgressBar()).fit(X, Y)
    assert "MultiTaskNetClassifier" in capsys.readouterr().out

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)

GENERATORS = [make_multitask_regression, make_multitask_classification]
both_generators = pytest.mark.parametrize("generate", GENERATORS)
off_diagonal = ~np.eye(6, dtype=bool)


# --- How related the tasks are ---------------------------------------------


@both_generators
@pytest.mark.parametrize("relatedness", [0.0, 0.3, 0.8, 1.0])
def test_expected_cosine_of_coefficients_is_the_relatedness(generate, relatedness):
    *_, truth = generate(
        n_samples=20,
        n_features=4000,
        n_tasks=6,
        n_informative=4000,
        relatedness=relatedness,
        random_state=0,
        return_truth=True,
    )

    np.testing.assert_allclose(np.diag(truth.relatedness), 1)
    np.testing.assert_allclose(
        truth.relatedness[off_diagonal], relatedness, atol=5 / np.sqrt(4000)
    )


@both_generators
def test_relatedness_is_the_correlation_of_the_scores(generate):
    X, _, truth = generate(
        n_samples=50_000, n_tasks=6, random_state=0, return_truth=True
    )
    # For two classes, the log-odds.
    coef = np.array([np.atleast_2d(W)[-1] for W in truth.coef])

    np.testing.assert_allclose(
        np.corrcoef(X @ coef.T, rowvar=False), truth.relatedness, atol=0.02
    )


@both_generators
def test_identical_tasks(generate):
    _, Y, truth = generate(
        n_tasks=6, relatedness=1.0, noise=0.0, random_state=0, return_truth=True
    )

    np.testing.assert_allclose(truth.relatedness, 1)
    np.testing.assert_allclose(Y, np.repeat(Y[:, :1], 6, axis=1))


def test_unrelated_tasks_have_independent_labels():
    _, Y = make_multitask_classification(
        n_samples=5000,
        n_features=1000,
        n_tasks=6,
        n_informative=1000,
        relatedness=0.0,
        random_state=0,
    )
    assert np.abs(np.corrcoef(Y, rowvar=False)[off_diagonal]).max() < 0.1


@both_generators
def test_clusters_are_related_inside_and_unrelated_across(generate):
    *_, truth = generate(
        n_features=2000,
        n_tasks=6,
        n_informative=2000,
        n_clusters=3,
        relatedness=0.9,
        random_state=0,
        return_truth=True,
    )
    same = np.equal.outer(truth.cluster, truth.cluster)

    np.testing.assert_array_equal(truth.cluster, [0, 0, 1, 1, 2, 2])
    np.testing.assert_allclose(truth.relatedness[same & off_diagonal], 0.9, atol=0.05)
    np.testing.assert_allclose(truth.relatedness[~same], 0, atol=0.1)


def test_tasks_with_other_numbers_of_classes_are_related_too():
    *_, truth = make_multitask_classification(
        n_features=4000,
        n_classes=[2, 3, 3],
        n_informative=4000,
        relatedness=1.0,
        random_state=0,
        return_truth=True,
    )
    # Centring over two classes and over three is not the same: sqrt((2-1) / (3-1)).
    np.testing.assert_allclose(truth.relatedness[0, 1], np.sqrt(1 / 2), atol=0.05)
    np.testing.assert_allclose(truth.relatedness[1, 2], 1)


# --- The truth is what the data were made from ------------------------------


def test_regression_truth():
    X, Y, truth = make_multitask_regression(
        noise=0.0, random_state=0, return_truth=True
    )

    np.testing.assert_array_equal(Y, truth.Y)
    np.testing.assert_allclose(Y, X @ truth.coef.T)
    np.testing.assert_allclose(
        LinearRegression().fit(X, Y).coef_, truth.coef, atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.norm(truth.coef, axis=1), 1)


def test_classification_truth():
    X, Y, truth = make_multitask_classification(
        n_classes=[2, 3, 4], noise=0.0, random_state=0, return_truth=True
    )

    np.testing.assert_array_equal(Y, truth.Y)
    for labels, coef, n_classes in zip(Y.T, truth.coef, [2, 3, 4], strict=True):
        np.testing.assert_array_equal(labels, (X @ coef.T).argmax(axis=1))
        np.testing.assert_allclose(coef.sum(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(np.sum(coef**2), n_classes)


@both_generators
def test_all_tasks_depend_on_the_same_features(generate):
    *_, truth = generate(n_informative=7, random_state=0, return_truth=True)

    used = np.array([np.atleast_2d(W).any(axis=0) for W in truth.coef])
    assert used[0].sum() == 7
    assert (used == used[0]).all()


@both_generators
@pytest.mark.parametrize("n_features", [1, 4, 30])
def test_default_number_of_informative_features(generate, n_features):
    *_, truth = generate(n_features=n_features, random_state=0, return_truth=True)

    assert np.atleast_2d(truth.coef[0]).any(axis=0).sum() == min(10, n_features)


def test_regression_noise_is_relative_to_the_signal_of_each_task():
    noise = [0.0, 0.5, 2.0]
    _, Y, truth = make_multitask_regression(
        n_samples=50_000, noise=noise, random_state=0, return_truth=True
    )
    ratio = (Y - truth.Y).std(axis=0) / truth.Y.std(axis=0)

    np.testing.assert_allclose(ratio, noise, rtol=0.02)


def test_classification_noise_is_the_temperature_of_a_softmax():
    X, Y, truth = make_multitask_classification(
        n_samples=50_000, n_tasks=1, noise=0.5, random_state=0, return_truth=True
    )
    model = LogisticRegression(C=np.inf).fit(X, Y[:, 0])
    log_odds = (truth.coef[0][1] - truth.coef[0][0]) / 0.5

    np.testing.assert_allclose(model.coef_[0], log_odds, atol=0.15)


def test_much_noise_leaves_labels_at_random():
    _, Y, truth = make_multitask_classification(
        n_samples=20_000, n_classes=4, noise=1e6, random_state=0, return_truth=True
    )
    np.testing.assert_allclose((Y == truth.Y).mean(axis=0), 1 / 4, atol=0.02)


# --- Missing labels ---------------------------------------------------------


@both_generators
def test_each_task_misses_its_fraction_of_labels(generate):
    fractions = [0.0, 0.25, 0.9]
    _, Y = generate(n_samples=200, missing_fraction=fractions, random_state=0)

    np.testing.assert_array_equal(np.isnan(Y).mean(axis=0), fractions)


@both_generators
def test_missing_labels_are_hidden_from_the_complete_ones(generate):
    X, Y = generate(random_state=0)
    X_sparse, Y_sparse = generate(missing_fraction=0.5, random_state=0)
    observed = ~np.isnan(Y_sparse)

    np.testing.assert_array_equal(X, X_sparse)
    np.testing.assert_array_equal(Y[observed], Y_sparse[observed])
    # Tasks miss different rows.
    assert (observed[:, 0] != observed[:, 1]).any()


def test_labels_are_integers_until_one_is_missing():
    _, Y = make_multitask_classification(random_state=0)
    _, Y_sparse = make_multitask_classification(missing_fraction=0.01, random_state=0)

    assert Y.dtype.kind == "i"
    assert Y_sparse.dtype == np.float64


def test_every_class_keeps_a_label():
    n_classes = [2, 3, 5]
    for seed in range(20):
        _, Y = make_multitask_classification(
            n_samples=200, n_classes=n_classes, missing_fraction=0.97, random_state=seed
        )
        assert np.isnan(Y).sum() == 3 * 194
        assert [len(np.unique(y[~np.isnan(y)])) for y in Y.T] == n_classes


@both_generators
def test_too_few_labels_left(generate):
    with pytest.raises(
        ValueError, match=r"'missing_fraction' .* to task 1, got 0.99, which leaves 0"
    ):
        generate(n_samples=20, missing_fraction=[0.0, 0.99, 0.0], random_state=0)


def test_a_class_without_samples_is_announced():
    with pytest.warns(
        UserWarning, match=r"No sample of task 0 is of class \d"
    ) as record:
        make_multitask_classification(
            n_features=1, n_tasks=1, n_classes=3, noise=0.0, random_state=0
        )
    assert record[0].filename == __file__


# --- Randomness and parameters ----------------------------------------------


@both_generators
def test_same_random_state_same_data(generate):
    options = {"missing_fraction": 0.3, "n_clusters": 2}
    X, Y = generate(random_state=3, **options)
    X_again, Y_again = generate(random_state=np.random.RandomState(3), **options)
    X_other, _ = generate(random_state=4, **options)

    np.testing.assert_array_equal(X, X_again)
    np.testing.assert_array_equal(Y, Y_again)
    assert not np.array_equal(X, X_other)


@both_generators
def test_global_random_state_is_untouched(generate):
    before = np.random.get_state()  # noqa: NPY002
    generate(missing_fraction=0.3, random_state=0)
    after = np.random.get_state()  # noqa: NPY002

    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]


@both_generators
def test_truth_does_not_depend_on_noise_and_missing_labels(generate):
    X, _, truth = generate(random_state=0, return_truth=True)
    X_noisy, _, truth_noisy = generate(
        noise=3.0, missing_fraction=0.5, random_state=0, return_truth=True
    )

    np.testing.assert_array_equal(X, X_noisy)
    np.testing.assert_array_equal(truth.Y, truth_noisy.Y)


@both_generators
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, r"'n_samples' parameter of {} must be an int"),
        ({"n_tasks": 2.5}, r"'n_tasks' parameter of {} must be an int"),
        ({"relatedness": 1.1}, r"'relatedness' parameter of {} must be a float in"),
        ({"relatedness": -0.1}, r"'relatedness' parameter of {} must be a float in"),
        ({"missing_fraction": 1.0}, r"'missing_fraction' parameter of {} must be a"),
        ({"missing_fraction": [0, 0, 1]}, r"'missing_fraction' .* {} .* every task"),
        ({"noise": -1.0}, r"'noise' parameter of {} must be a float in the range"),
        ({"noise": [0.1, 0.1]}, r"'noise' .* {} .* each of the 3 task\(s\), got 2"),
        ({"n_informative": 21}, r"'n_informative' .* {} .* at most n_features=20"),
        ({"n_clusters": 4}, r"'n_clusters' parameter of {} .* at most n_tasks=3"),
        ({"return_truth": "yes"}, r"'return_truth' parameter of {} must be"),
    ],
)
def test_invalid_parameters(generate, parameters, message):
    with pytest.raises(ValueError, match=message.format(generate.__name__)):
        generate(**parameters)


@pytest.mark.parametrize("n_classes", [1, 2.5, [2, 3], [2, 1, 3], [2.0, 2.0, 2.0]])
def test_invalid_n_classes(n_classes):
    with pytest.raises(
        ValueError, match="'n_classes' parameter of make_multitask_classification"
    ):
        make_multitask_classification(n_classes=n_classes)


sizes = st.fixed_dictionaries(
    {
        "n_samples": st.integers(1, 30),
        "n_features": st.integers(1, 8),
        "n_tasks": st.integers(1, 5),
        "relatedness": st.floats(0, 1),
        "noise": st.floats(0, 10),
        "missing_fraction": st.floats(0, 0.9),
        "random_state": st.integers(0, 2**32 - 1),
    }
)


@settings(max_examples=60, deadline=None)
@given(sizes)
def test_regression_of_any_size(parameters):
    n_samples, n_tasks = parameters["n_samples"], parameters["n_tasks"]
    n_missing = round(parameters["missing_fraction"] * n_samples)
    if n_missing == n_samples:
        with pytest.raises(ValueError, match="missing_fraction"):
            make_multitask_regression(**parameters)
        return

    X, Y, truth = make_multitask_regression(**parameters, return_truth=True)

    assert X.shape == (n_samples, parameters["n_features"])
    assert Y.shape == truth.Y.shape == (n_samples, n_tasks)
    assert truth.coef.shape == (n_tasks, parameters["n_features"])
    assert truth.relatedness.shape == (n_tasks, n_tasks)
    assert (np.isnan(Y).sum(axis=0) == n_missing).all()


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_classification_of_any_size(parameters, data):
    n_samples, n_tasks = parameters["n_samples"], parameters["n_tasks"]
    n_classes = data.draw(
        st.lists(st.integers(2, 5), min_size=n_tasks, max_size=n_tasks)
    )
    parameters = {**parameters, "n_classes": n_classes, "return_truth": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        _, complete, _ = make_multitask_classification(
            **{**parameters, "missing_fraction": 0}
        )
        n_observed = n_samples - round(parameters["missing_fraction"] * n_samples)
        n_present = [len(np.unique(labels)) for labels in complete.T]
        if max(n_present) > n_observed:
            with pytest.raises(ValueError, match="missing_fraction"):
                make_multitask_classification(**parameters)
            return
        _, Y, truth = make_multitask_classification(**parameters)

    assert [coef.shape[0] for coef in truth.coef] == n_classes
    assert ((complete >= 0) & (complete < n_classes)).all()
    assert ((~np.isnan(Y)).sum(axis=0) == n_observed).all()
    assert [len(np.unique(y[~np.isnan(y)])) for y in Y.T] == n_present

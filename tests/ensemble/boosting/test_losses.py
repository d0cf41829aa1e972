import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from sklearn_mtl.ensemble._boosting._losses import (
    LogisticLoss,
    SoftmaxLoss,
    SquaredLoss,
)

RNG = np.random.RandomState(0)
CODES = RNG.randint(4, size=(6, 2))
CASES = {
    "squared": (SquaredLoss(), RNG.normal(size=(6, 2, 1))),
    "logistic": (LogisticLoss(), (CODES > 1).astype(float)[:, :, np.newaxis]),
    "softmax": (SoftmaxLoss(), (CODES[:, :, np.newaxis] == range(4)).astype(float)),
}
# What the derivatives are those of, and the curvature of a single margin.
FACTORS = {"squared": (0.5, 1), "logistic": (1, 1), "softmax": (1, 2)}


def make_margins(targets, scale=1.0):
    return scale * np.random.RandomState(1).normal(size=targets.shape)


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_the_loss(name):
    loss, targets = CASES[name]
    of_gradient, of_hessian = FACTORS[name]
    margins, step = make_margins(targets), 1e-4
    gradients, hessians = loss.differentiate(margins, targets)
    for d in range(targets.shape[2]):
        moved = np.zeros(targets.shape)
        moved[:, :, d] = step
        above, here, below = (
            of_gradient * loss.evaluate(margins + sign * moved, targets)
            for sign in (1, 0, -1)
        )
        np.testing.assert_allclose(
            gradients[:, :, d], (above - below) / (2 * step), atol=1e-7
        )
        np.testing.assert_allclose(
            hessians[:, :, d],
            of_hessian * (above - 2 * here + below) / step**2,
            atol=1e-5,
        )


@pytest.mark.parametrize("name", CASES)
def test_link_is_the_inverse_of_the_prediction(name):
    loss, targets = CASES[name]
    means = loss.predict(make_margins(targets)[:1])[0]
    np.testing.assert_allclose(loss.predict(loss.link(means)[np.newaxis])[0], means)


def test_predictions_are_probabilities():
    margins = make_margins(CASES["softmax"][1], scale=30.0)
    np.testing.assert_allclose(SoftmaxLoss().predict(margins), softmax(margins, axis=2))
    np.testing.assert_allclose(LogisticLoss().predict(margins), expit(margins))


def test_losses_are_log_losses():
    loss, targets = CASES["softmax"]
    margins = make_margins(targets)
    losses = loss.evaluate(margins, targets)
    for t in range(2):
        p = softmax(margins[:, t], axis=1)
        expected = log_loss(CODES[:, t], p, labels=range(4))
        assert losses[:, t].mean() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["logistic", "softmax"])
def test_large_margins_are_finite(name):
    loss, targets = CASES[name]
    margins = make_margins(targets, scale=1e6).astype(np.float32)
    gradients, hessians = loss.differentiate(margins, targets.astype(np.float32))
    assert np.isfinite(gradients).all()
    assert (hessians > 0).all()
    assert np.isfinite(loss.evaluate(margins, targets)).all()


@pytest.mark.parametrize("Loss", [LogisticLoss, SoftmaxLoss])
def test_a_class_without_labels_has_a_finite_margin(Loss):
    width = 1 if Loss is LogisticLoss else 3
    assert np.isfinite(Loss().link(np.eye(3)[:, :width])).all()

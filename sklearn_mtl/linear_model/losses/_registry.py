"""The losses by name."""

from sklearn_mtl.linear_model.losses._logistic import LogisticLoss
from sklearn_mtl.linear_model.losses._multinomial import MultinomialLoss
from sklearn_mtl.linear_model.losses._squared import SquaredLoss

LOSSES = {
    "squared": SquaredLoss,
    "logistic": LogisticLoss,
    "multinomial": MultinomialLoss,
}

"""
Tables: what to try first
=========================

Eight yes/no tasks of one table: rules on pairs of columns, which all tasks weigh, each
in its own way. Half of the labels are missing, columns have all scales and heavy tails,
and two thirds of them say nothing. We fit, as they come,

- a network of all tasks (``MultiTaskNetClassifier``),
- a forest whose splits all tasks share (``MultiTaskForestClassifier``),
- boosting with trees for all tasks (``MultiTaskBoostingClassifier``),
- scikit-learn's gradient boosting, a model per task,

blend the first three, and look at whether their probabilities can be believed.
"""

# %%
# The data
# --------

import numpy as np

rng = np.random.RandomState(0)
n, n_features, n_tasks, n_rules = 4000, 36, 8, 16
quantiles = rng.uniform(size=(n, n_features))
columns = rng.randint(n_features // 3, size=(2, n_rules))
limits = rng.uniform(0.3, 0.7, size=(2, n_rules))
rules = (quantiles[:, columns] < limits).all(axis=1)
weights = rng.normal(size=(n_rules, 1)) + rng.normal(size=(n_rules, n_tasks))
logits = rules @ weights
logits = 3 * (logits - logits.mean(axis=0)) / logits.std(axis=0)
Y = (logits + rng.logistic(size=logits.shape) > 0).astype(float)
tails = np.tan(np.pi * (quantiles - 0.5))  # those of Cauchy
X = np.where(np.arange(n_features) % 2, tails, quantiles)
X *= np.logspace(-3, 6, n_features)[::-1]

Y_partial = np.where(rng.uniform(size=Y.shape) < 0.5, np.nan, Y)
train, test = slice(1500), slice(1500, None)

# %%
# The models
# ----------
#
# None needs scaled columns, complete labels or settings.

from sklearn.ensemble import HistGradientBoostingClassifier

from sklearn_mtl.ensemble import (
    MultiTaskBoostingClassifier,
    MultiTaskForestClassifier,
    MultiTaskStackingClassifier,
)
from sklearn_mtl.multioutput import IndependentTasksClassifier
from sklearn_mtl.neural_network import MultiTaskNetClassifier

together = {
    "network": MultiTaskNetClassifier(random_state=0),
    "forest": MultiTaskForestClassifier(random_state=0),
    "boosting": MultiTaskBoostingClassifier(random_state=0),
}
apart = IndependentTasksClassifier(HistGradientBoostingClassifier(random_state=0))
stack = MultiTaskStackingClassifier(list(together.items()), cv=3, random_state=0)
models = {**together, "boosting, a model per task": apart, "stack": stack}

# %%
# How good they are
# -----------------
#
# A scorer leaves out labels that are missing. The log-loss says whether probabilities
# are right, the area under the ROC curve only whether their order is.

from sklearn_mtl.metrics import make_multitask_scorer

score_auc = make_multitask_scorer("roc_auc")
score_log_loss = make_multitask_scorer("neg_log_loss")
for name, model in models.items():
    model.fit(X[train], Y_partial[train])
    auc = score_auc(model, X[test], Y[test])
    log_loss = -score_log_loss(model, X[test], Y[test])
    print(f"{name:27} AUC {auc:.3f}  log-loss {log_loss:.3f}")

# %%
# The stack tells how much of each candidate a task gets.

for task, shares in zip(stack.task_names_, stack.weights_, strict=True):
    print(task, *(f"{n} {s:.2f}" for n, s in zip(together, shares, strict=True)))

# %%
# Can the probabilities be believed?
# ----------------------------------
#
# Of the labels that a model gives 80 %, 80 % should be there. The curves have all tasks
# together; the number is the expected calibration error, the mean distance from the
# diagonal, weighted by how many predictions there are.

import matplotlib.pyplot as plt


def reliability(y, p, n_bins=10):
    """Return the mean prediction, the frequency and the share of each bin."""
    bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    seen = count > 0
    mean, frequency = (
        np.bincount(bins, values, n_bins)[seen] / count[seen] for values in (p, y)
    )
    return mean, frequency, count[seen] / len(p)


fig, axes = plt.subplots(
    1, len(models), figsize=(13, 3.2), sharey=True, layout="constrained"
)
for ax, (name, model) in zip(axes, models.items(), strict=True):
    p = np.column_stack([of_task[:, 1] for of_task in model.predict_proba(X[test])])
    mean, frequency, share = reliability(Y[test].ravel(), p.ravel())
    error = share @ abs(mean - frequency)
    ax.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    ax.plot(mean, frequency, color="#0072b2", linewidth=1)
    ax.scatter(mean, frequency, 400 * share, color="#0072b2")
    ax.set_title(f"{name}\nerror {error:.3f}", fontsize="medium")
    ax.set_xlabel("predicted")
    ax.set_aspect("equal")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("observed")
plt.show()

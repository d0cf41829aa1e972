"""
Which tasks belong together? Fourteen classes of yeast genes
============================================================

A gene of yeast belongs to several of fourteen functional classes. Whether it belongs
to a class is a task; neighbouring classes have to do with each other, others do not. We
look at what the tasks do to each other, make groups of them, ask whether learning the
groups apart is worth it, and see which inputs the tasks share.
"""

# %%
# The tasks
# ---------
# The data is not part of this package: it is looked for as ``yeast.npz`` in the folder
# that the environment variable ``SKLEARN_MTL_DATA`` names. Where it is absent, the
# three tasks of the digits take its place, so that the code runs, and a line says so;
# what this page tells of the results is about the real data.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_mtl.datasets import load_digits_tasks

FOLDERS = ["../shared/data", "../../shared/data"]  # seen from the package, from here
if "SKLEARN_MTL_DATA" in os.environ:
    FOLDERS = [os.environ["SKLEARN_MTL_DATA"]]


def load_yeast():
    """Return inputs and a column of labels per class."""
    for folder in FOLDERS:
        path = Path(folder) / "yeast.npz"
        if path.is_file():
            with np.load(path) as data:
                names = [f"class {t + 1}" for t in range(data["Y"].shape[1])]
                return data["X"], pd.DataFrame(data["Y"], columns=names)
    print("The yeast data is absent: the digits take its place.")
    X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
    return X.to_numpy(), Y


X, Y = load_yeast()
X.shape, Y.shape

# %%
# What they do to each other
# --------------------------
# Two ways to find it, side by side. "gradient" trains the network once and compares the
# gradients of the tasks at the layer that they share: they help each other if these
# point the same way. "label" looks at the labels alone, and needs no training.

import matplotlib.pyplot as plt

from sklearn_mtl.inspection import TaskAffinityDisplay, group_tasks, task_affinity
from sklearn_mtl.neural_network import MultiTaskNetClassifier

net = MultiTaskNetClassifier((64,), preset="plain", max_epochs=40, random_state=0)
affinity = {
    method: task_affinity(net, X, Y, method, random_state=0)
    for method in ["gradient", "label"]
}
groups = {method: group_tasks(A, min(5, len(A) - 1)) for method, A in affinity.items()}
fig, axes = plt.subplots(1, 2, figsize=(13, 6.5), layout="constrained")
for ax, (method, A) in zip(axes, affinity.items(), strict=True):
    TaskAffinityDisplay.from_affinity(A, groups=groups[method], ax=ax, annotate=False)
fig.suptitle("By gradients in training (left), by association of labels (right)")
plt.show()

# %%
# Both find the same three pairs: the classes 6 and 7, 9 and 10, and 12 and 13, which
# have almost the same genes. Asked for five groups, as drawn here, they differ in what
# they make of the rest, where all affinities are weak:

pd.DataFrame(groups, index=Y.columns).T

# %%
# Left to itself, :func:`~sklearn_mtl.inspection.group_tasks` takes the tight pairs for
# groups and everything else for tasks alone, since what is left is weak beside them:

print(group_tasks(affinity["gradient"]))

# %%
# Does it pay to learn groups apart?
# ----------------------------------
# The affinity says what belongs together, not that it must be learnt so.
# :class:`~sklearn_mtl.inspection.GroupedTasksClassifier` finds the groups in each
# training part, and fits one network for each. We compare it with one network for all
# tasks, and with one per task as the baseline, by the area under the ROC curve.

from sklearn_mtl.inspection import GroupedTasksClassifier
from sklearn_mtl.model_selection import compare_estimators
from sklearn_mtl.multioutput import IndependentTasksClassifier

n_groups = min(5, Y.shape[1] - 1)
comparison = compare_estimators(
    {
        "alone": IndependentTasksClassifier(net),
        "one net": net,
        "grouped": GroupedTasksClassifier(net, n_groups=n_groups, random_state=0),
    },
    X,
    Y,
    cv=3,
    scoring="roc_auc",
    random_state=0,
)
scores = {name: of_folds.mean(axis=1) for name, of_folds in comparison.scores_.items()}
pd.DataFrame(scores).rename_axis("fold").round(3)

# %%
verdicts = comparison.summary()["verdict"].groupby("estimator", sort=False)
verdicts.value_counts().unstack(fill_value=0)

# %%
# The means over the tasks differ by less than those of the folds do, and for no task is
# there evidence that it gains or loses. A network of 64 units has room for all these
# tasks. Groups pay where tasks compete for too little of it: :ref:`task_relations` has
# a case.
#
# What they look at
# -----------------
# Integrated gradients tell how much each input adds to what the network says of each
# task. Tasks of a group look at the same inputs:

from sklearn_mtl.inspection import TaskImportanceDisplay, task_feature_importance

net.fit(X, Y)
importance = task_feature_importance(net, X, method="integrated_gradients")
TaskImportanceDisplay.from_importance(importance, n_features=12)
plt.show()

# %%
# How alike two tasks are by their importances goes along with their affinity:

alike = importance.corr().to_numpy()
pairs = np.triu_indices(len(alike), 1)
A = affinity["gradient"].to_numpy()
float(np.corrcoef(alike[pairs], A[pairs])[0, 1].round(2))

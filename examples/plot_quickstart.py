"""
Quick start: do the tasks help each other?
==========================================

One network learns three tasks on scikit-learn's handwritten digits: which digit it is,
its parity, and whether it is at least five. Along the way we

- put the network in a pipeline,
- search over the weights of the tasks,
- compare the result with one network per task.

It takes less than a minute on two cores.
"""

# %%
# The data
# --------
#
# The labels are a data frame with one column per task. Its column names become the
# names of the tasks.

from sklearn_mtl.datasets import load_digits_tasks

X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
Y.head()

# %%
# We choose the weights on one half of the rows and compare on the other half, so that
# the comparison is not on the rows that the weights were chosen for. The split, like
# the folds below, is stratified over all tasks at once.

from sklearn_mtl.model_selection import multitask_train_test_split

X_search, X_compare, Y_search, Y_compare = multitask_train_test_split(
    X, Y, test_size=0.5, random_state=0
)

# %%
# The model
# ---------
#
# A multi-task network is a scikit-learn estimator, and goes where estimators go.

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.neural_network import MultiTaskNetClassifier

net = MultiTaskNetClassifier((64, 64), preset="plain", max_epochs=50, random_state=0)
model = Pipeline([("scale", StandardScaler()), ("net", net)])

# %%
# The weights of the tasks
# ------------------------
#
# The grid holds every way to cut a total weight of 1 into sixths. We leave out the
# points that give a task no weight at all: such a task would not be learnt.
# The result has the columns of ``GridSearchCV``, with the score of every task; the best
# weights are chosen by the mean. ``GridSearchCV`` itself would do, but here the
# networks of all weights and folds are trained together.

from sklearn_mtl.model_selection import TaskWeightSearchCV, task_weight_grid

grid = [w for w in task_weight_grid(Y.columns, 6) if min(w.values()) > 0]
search = TaskWeightSearchCV(model, grid, cv=3, n_jobs=2)
search.fit(X_search, Y_search)

# %%
# Together or alone?
# ------------------
#
# The same pipeline is cross-validated on all tasks at once, and with one copy per task.
# The interval around each difference takes into account that the folds share training
# rows. Δm is the mean relative change over the tasks, and above 0 if learning together
# is better.

from sklearn_mtl.model_selection import compare_with_single_task

chosen = search.best_estimator_
comparison = compare_with_single_task(
    chosen, X_compare, Y_compare, cv=10, random_state=0, n_jobs=2
)

weights = chosen["net"].task_weights
shown = ", ".join(f"{task} {weight:.2f}" for task, weight in weights.items())
print(f"Task weights chosen among {len(grid)}: {shown}.\n")
print(comparison)

# %%
# The figure
# ----------
#
# On the left is what the search saw: the accuracy of every task, for each choice of
# weights. On the right is the comparison. An interval that contains 0 is no evidence
# that learning together helps or hurts the task; it is no proof that it does neither.

import matplotlib.pyplot as plt

results = search.cv_results_
fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
colors = ["#0072b2", "#e69f00", "#009e73"]
for task, color, marker in zip(Y.columns, colors, "os^", strict=True):
    scores = results[f"mean_test_{task}"]
    left.plot(scores, range(len(grid)), marker, color=color, label=task)
means = results["mean_test_mean"]
left.plot(means, range(len(grid)), "k|", markersize=12, label="mean")
best = search.best_index_
left.axhspan(best - 0.5, best + 0.5, color="0.9", zorder=0)
shares = [" : ".join(f"{6 * w[task]:.0f}" for task in Y.columns) for w in grid]
left.set_yticks(range(len(grid)), shares)
left.invert_yaxis()
left.set_ylabel("weights, " + " : ".join(Y.columns), fontsize="small")
left.set_xlabel("accuracy, mean of 3 folds")
left.set_title("Search over task weights (chosen: shaded)", loc="left", pad=24)
left.legend(
    ncols=4,
    loc="lower left",
    bbox_to_anchor=(-0.02, 1),
    borderaxespad=0.2,
    columnspacing=1,
    handletextpad=0.2,
    fontsize="small",
    frameon=False,
)
left.spines[["top", "right"]].set_visible(False)
comparison.plot(right)

# sphinx_gallery_start_ignore
import sys

if "sphinx_gallery" not in sys.modules:  # the gallery saves the figure itself
    fig.savefig("quickstart.png", dpi=150)
# sphinx_gallery_end_ignore
plt.show()

# %%
# These tasks are easy and have many labels, so there is little to gain. Where labels
# are scarce the tasks gain more: see
# :ref:`sphx_glr_auto_examples_plot_missing_labels.py`.

"""
Missing labels: when does learning together help?
=================================================

Often one task has few labels because they are expensive, while others have plenty. A
network that learns all tasks together can use the rows that lack the label of one task.
Here we look at what that is worth: for more and fewer labels, and for tasks that are
related and tasks that are not.
"""

# %%
# A table with missing labels
# ---------------------------
#
# Scikit-learn's handwritten digits have three tasks here: which digit it is, its
# parity, and whether it is at least five. In the training part we hide nine in ten
# labels of the first task. A missing label is NaN; the rows stay.

import numpy as np

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.model_selection import multitask_train_test_split

X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
X_train, X_test, Y_train, Y_test = multitask_train_test_split(
    X, Y, test_size=0.4, random_state=0
)


def hide(Y, task, n_kept, seed):
    """Return the labels with all but `n_kept` of one task missing."""
    Y = Y.astype(float)
    hidden = np.random.default_rng(seed).permutation(len(Y))[n_kept:]
    Y.iloc[hidden, Y.columns.get_loc(task)] = np.nan
    return Y


Y_partial = hide(Y_train, "digit", n_kept=len(Y_train) // 10, seed=0)
Y_partial.count()

# %%
# The network takes the table as it is. The tasks have the names of its columns, and
# ``score_tasks`` gives the accuracy of each.

from sklearn_mtl.neural_network import MultiTaskNetClassifier

net = MultiTaskNetClassifier((128, 128), preset="plain", max_epochs=60, random_state=0)
net.fit(X_train, Y_partial)
net.score_tasks(X_test, Y_test)

# %%
# ``history_`` has a row per epoch, with the loss and the score of every task, also on
# the tenth of the rows that was set aside to stop early. There the accuracy of the
# first task is coarse: it is taken over the few labels that the task has.

import matplotlib.pyplot as plt
import pandas as pd

# sphinx_gallery_thumbnail_number = 2
COLORS = {"digit": "#0072b2", "parity": "#e69f00", "at_least_five": "#009e73"}
STYLES = {"digit": "-", "parity": "--", "at_least_five": ":"}

history = pd.DataFrame(net.history_)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for ax, figure in zip(axes, ["loss", "score"], strict=True):
    for task in net.task_names_:
        values = history[f"valid_{figure}_{task}"]
        ax.plot(history["epoch"], values, STYLES[task], color=COLORS[task], label=task)
    ax.set_xlabel("epoch")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_yscale("log")
axes[0].set_ylabel("validation loss (cross-entropy)")
axes[1].set_ylabel("validation accuracy")
axes[1].legend(frameon=False)
plt.show()

# %%
# Fewer and fewer labels
# ----------------------
#
# Now each task in turn keeps fewer and fewer labels, and the other two keep all. We
# compare the shared network with the same network trained on this task alone, on the
# rows that have its label. To be fair to the latter, which may have very few rows,
# both take the same number of training steps, and early stopping takes no row away.

from joblib import Parallel, delayed

from sklearn_mtl.multioutput import IndependentTasksClassifier

N_STEPS = 150
BATCH_SIZE = 128


def fit_and_score(X_train, X_test, Y_train, Y_test, task, seed):
    """Return the accuracy on one task, learnt with the others and alone."""
    scores = []
    for tasks in (Y_train.columns, [task]):
        labelled = Y_train[tasks].notna().any(axis=1)
        steps_per_epoch = np.ceil(labelled.sum() / BATCH_SIZE)
        net = MultiTaskNetClassifier(
            (128, 128),
            preset="plain",
            lr=2e-3,
            batch_size=BATCH_SIZE,
            max_epochs=int(N_STEPS / steps_per_epoch),
            early_stopping=False,
            random_state=seed,
        )
        model = IndependentTasksClassifier(net) if len(tasks) == 1 else net
        model.fit(X_train, Y_train[tasks])
        scores.append(model.score_tasks(X_test, Y_test[tasks])[task])
    return scores


def run_digits(task, n_kept, seed):
    """Return both accuracies on one task of the digits, for a random split."""
    X_train, X_test, Y_train, Y_test = multitask_train_test_split(
        X, Y, test_size=0.4, random_state=seed
    )
    Y_train = hide(Y_train, task, n_kept, seed)
    return fit_and_score(X_train, X_test, Y_train, Y_test, task, seed)


SEEDS = range(5)
N_KEPT = [25, 80, 300, 1078]

scores = np.reshape(
    Parallel(n_jobs=2)(
        delayed(run_digits)(task, n_kept, seed)
        for task in Y.columns
        for n_kept in N_KEPT
        for seed in SEEDS
    ),
    (3, len(N_KEPT), len(SEEDS), 2),
)

# %%
# The points are means over five random splits, and the bars their standard errors. The
# tasks gain where they have few labels; with all labels there is nothing left to gain.


def mean_and_error(values):
    """Return the mean over the seeds, the last axis, and its standard error."""
    return values.mean(-1), values.std(-1, ddof=1) / np.sqrt(len(SEEDS))


fig, axes = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True, layout="constrained")
for ax, task, of_task in zip(axes, Y.columns, scores, strict=True):
    for side, style, color, label in [
        (0, "o-", "#0072b2", "with the other tasks"),
        (1, "s--", "#d55e00", "alone"),
    ]:
        mean, error = mean_and_error(of_task[..., side])
        ax.errorbar(N_KEPT, mean, error, fmt=style, color=color, label=label, capsize=3)
    ax.set_xscale("log")
    ax.set_xticks(N_KEPT, N_KEPT)
    ax.minorticks_off()
    ax.set_title(task)
    ax.set_xlabel("labels of this task")
    ax.grid(axis="y", color="0.9")
axes[0].set_ylabel("test accuracy")
axes[0].legend(loc="lower right", frameon=False)
plt.show()

# %%
# Related and unrelated tasks
# ---------------------------
#
# The tasks of the digits are related by construction: the digit determines the other
# two. ``make_multitask_classification`` makes tasks as related as we like. Here the
# first of three tasks has 50 labels, and the other two have 1000.

from sklearn_mtl.datasets import make_multitask_classification

RELATEDNESS = [0.0, 0.3, 0.6, 0.8, 1.0]


def run_generated(relatedness, seed):
    """Return both accuracies on the first of three generated tasks."""
    X, Y = make_multitask_classification(
        3000, n_tasks=3, relatedness=relatedness, random_state=seed
    )
    Y = pd.DataFrame(Y, columns=["first", "second", "third"])
    Y_train = hide(Y[:1000], "first", 50, seed)
    return fit_and_score(X[:1000], X[1000:], Y_train, Y[1000:], "first", seed)


scores = np.reshape(
    Parallel(n_jobs=2)(
        delayed(run_generated)(relatedness, seed)
        for relatedness in RELATEDNESS
        for seed in SEEDS
    ),
    (len(RELATEDNESS), len(SEEDS), 2),
)
mean, error = mean_and_error(scores[..., 0] - scores[..., 1])

fig, ax = plt.subplots(figsize=(5, 3.6), layout="constrained")
ax.axhline(0, color="black", linewidth=0.8)
ax.errorbar(RELATEDNESS, mean, error, fmt="o-", color="#0072b2", capsize=3)
ax.set_xticks(RELATEDNESS)
ax.set_xlabel("relatedness of the tasks")
ax.set_ylabel("gain in test accuracy\nby learning together")
ax.grid(axis="y", color="0.9")
plt.show()

# %%
# What learning together is worth depends on how much the tasks have in common, and on
# how many labels each has by itself. For your own tasks,
# :func:`~sklearn_mtl.model_selection.compare_with_single_task` tells.

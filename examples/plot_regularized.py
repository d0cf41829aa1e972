"""
What the penalties of linear models find
========================================

A penalty of :mod:`sklearn_mtl.linear_model` says in what the tasks are alike. Where it
says the truth, few rows are enough. Here we plant four structures in the coefficients
of 12 tasks and look at what is found of them: features that all tasks share, clusters
of tasks, a covariance of the tasks, and shared features with exceptions.

The weight of each penalty is chosen by cross-validation, as one would do without
knowing the truth.
"""

# %%
# Few rows, many coefficients
# ---------------------------
# There are 40 rows, not many more than the 30 features, and the noise is half as large
# as the signal. Each picture has the coefficients of a task in a column. Its title says
# how far off they are, relative to the truth: :math:`\|W - W^*\|_F / \|W^*\|_F`, which
# is 1 if all coefficients are 0.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_mtl.linear_model import RegularizedMTLRegressorCV

N_ROWS, N_FEATURES, N_TASKS = 40, 30, 12


def make_targets(W, seed=0):
    """Return inputs and targets with the coefficients W (n_features, n_tasks)."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N_ROWS, N_FEATURES))
    signal = X @ W
    noise = 0.5 * signal.std(axis=0) * rng.standard_normal(signal.shape)
    return X, signal + noise


def fit(W, *penalties):
    """Return an estimator for each penalty, tuned on rows with the coefficients W."""
    X, Y = make_targets(W)
    models = {
        name: RegularizedMTLRegressorCV(name, alphas=20, tol=1e-3, random_state=0)
        for name in penalties
    }
    return {name: model.fit(X, Y) for name, model in models.items()}


def draw(panels, height=3.8, ylabel="feature", label="coefficient"):
    """Show matrices side by side, by title, on one scale that is white at 0."""
    fig, axes = plt.subplots(
        1, len(panels), sharey=True, figsize=(9, height), layout="constrained"
    )
    limit = max(np.abs(panel).max() for panel in panels.values())
    for ax, (title, panel) in zip(axes, panels.items(), strict=True):
        image = ax.imshow(panel, "RdBu_r", aspect="auto", vmin=-limit, vmax=limit)
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="task", xticks=[], yticks=[])
    axes[0].set_ylabel(ylabel)
    fig.colorbar(image, ax=axes, label=label, pad=0.01)
    plt.show()


def draw_coefficients(W, models):
    """Show the true coefficients W, and those of fitted models with their errors."""
    panels = {"truth": W}
    for name, model in models.items():
        error = np.linalg.norm(model.coef_.T - W) / np.linalg.norm(W)
        panels[f'"{name}": error {error:.2f}'] = model.coef_.T
    draw(panels)


# %%
# Features that all tasks share
# -----------------------------
# Six features matter, for all tasks. The lasso chooses features for each task by
# itself. "l21" asks of each feature whether it helps all tasks together, so that twelve
# weak signals make a strong one. "multi_level" also drops features of all tasks at
# once, and shrinks strong ones less.

rng = np.random.default_rng(1)
features = np.sort(rng.choice(N_FEATURES, 6, replace=False))
W = np.zeros((N_FEATURES, N_TASKS))
W[features] = rng.standard_normal((6, N_TASKS))

models = fit(W, "lasso", "l21", "multi_level")
draw_coefficients(W, models)

# %%
# How many features are used by any task, and how many of the six are among them:

for name, model in models.items():
    used = np.flatnonzero(model.coef_.any(axis=0))
    print(f"{name:12}{len(used):2} features, {np.isin(features, used).sum()} of the 6")

# %%
# The weight that predicts best keeps more features than matter, with coefficients near
# 0: a larger one would shrink the true ones too much. A penalty that is not convex,
# such as "multi_level", can afford to drop the rest.

# %%
# Clusters of tasks
# -----------------
# The first six tasks have nearly the same coefficients, and so have the last six.
# "mean" pulls all tasks to one place between the two clusters. "cluster_norm" is not
# told which task is in which cluster; of how many there are it tries 2 to 4.

rng = np.random.default_rng(2)
centres = rng.standard_normal((N_FEATURES, 2))
W = np.repeat(centres, 6, axis=1)
W += 0.2 * rng.standard_normal((N_FEATURES, N_TASKS))

models = fit(W, "ridge", "mean", "cluster_norm")
draw_coefficients(W, models)
models["cluster_norm"].best_params_

# %%
# The clusters can be read off the correlations of the coefficients. Ridge leaves the
# tasks of a cluster too different, and "mean" makes all of them alike.

panels = {"truth": np.corrcoef(W.T)}
for name, model in models.items():
    panels[f'"{name}"'] = np.corrcoef(model.coef_)
draw(panels, height=2.5, ylabel="task", label="correlation")

# %%
# A covariance of the tasks
# -------------------------
# Tasks may also be opposites, or alike to a degree. "squared_trace" learns the
# covariance of the tasks along with their coefficients, and has it in
# ``task_covariance_``. Here the coefficients come from two factors: the tasks turn from
# one to the other and on to its opposite.

rng = np.random.default_rng(3)
angles = np.linspace(0, np.pi, N_TASKS)
W = rng.standard_normal((N_FEATURES, 2)) @ [np.cos(angles), np.sin(angles)]
models = fit(W, "ridge", "squared_trace")
draw_coefficients(W, models)

# %%
# To compare, all are scaled to a diagonal of 1. That of the truth is what the same
# formula, :math:`(W^\top W)^{1/2}`, gives of the true coefficients.


def scale(covariance):
    """Return the correlations of a covariance."""
    sizes = np.sqrt(np.diag(covariance))
    return covariance / np.outer(sizes, sizes)


penalty = models["squared_trace"].penalty_
draw(
    {
        "truth": scale(penalty.task_covariance(W)),
        '"ridge", afterwards': scale(penalty.task_covariance(models["ridge"].coef_.T)),
        '"squared_trace"': scale(models["squared_trace"].task_covariance_),
    },
    height=3.2,
    ylabel="task",
    label="correlation",
)

# %%
# Shared features with exceptions
# -------------------------------
# Five features matter to all tasks alike, and ten coefficients of single tasks stand
# out. "dirty" cuts the coefficients in two parts and penalises each in its own way:
# ``components_`` has them.

# sphinx_gallery_thumbnail_number = 6
rng = np.random.default_rng(4)
shared, exceptions = np.zeros((2, N_FEATURES, N_TASKS))
features = rng.choice(N_FEATURES, 5, replace=False)
shared[features] = rng.choice([-1, 1], (5, 1))
places = rng.choice(N_FEATURES * N_TASKS, 10, replace=False)
exceptions.flat[places] = rng.choice([-3, 3], 10)
W = shared + exceptions

models = fit(W, "lasso", "l21", "dirty")
draw_coefficients(W, models)

# %%
# The two parts, beside those that were planted:

common, single = models["dirty"].components_
draw(
    {
        "shared: truth": shared,
        "shared: found": common.T,
        "exceptions: truth": exceptions,
        "exceptions: found": single.T,
    }
)

# %%
# Each penalty is good where what it assumes is true, and :ref:`linear_model` has a map
# of them. Where one does not know, cross-validation tells which of several predicts
# best. On the last data, the squared error on held-out rows is

models |= fit(W, "ridge", "mean", "squared_trace")
for name, model in sorted(models.items(), key=lambda item: -item[1].best_score_):
    print(f"{name:14}{-model.best_score_:.1f}")

"""
Does it help, and for how long?
===============================

Tasks that are learnt together lend each other labels. How much that is worth depends on
how many each has of its own. Here we compare learning the exam scores of eight schools
together with learning each alone, see with how many pupils it stops paying, and write a
report to send on.
"""

# %%
# Eight large schools
# -------------------
# The School data has the exam scores of pupils of 139 schools of London, with what is
# known of each pupil and school. It is not part of this package: it is looked for as
# ``school.npz`` in the folder that the environment variable ``SKLEARN_MTL_DATA`` names.
# Where it is absent, tasks of the same shape are generated in its place, so that the
# code runs, and a line says so; what this page tells of the results is about the real
# data.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_mtl.datasets import make_multitask_regression, targets_from_long

FOLDERS = ["../shared/data", "../../shared/data"]  # seen from the package, from here
if "SKLEARN_MTL_DATA" in os.environ:
    FOLDERS = [os.environ["SKLEARN_MTL_DATA"]]


def load_school():
    """Return inputs, scores and school of each pupil."""
    for folder in FOLDERS:
        path = Path(folder) / "school.npz"
        if path.is_file():
            with np.load(path) as data:
                return data["X"].astype(float), data["y"], data["task"]
    print("The School data is absent: the tasks are generated.")
    X, Y = make_multitask_regression(
        2000, 28, n_tasks=10, relatedness=0.95, noise=1.5, random_state=0
    )
    school = np.random.default_rng(0).choice(10, 2000)
    return X, Y[np.arange(2000), school], school


X, y, school = load_school()

# %%
# We take the eight largest schools. Each pupil is a row with the score of one school;
# the scores of the others are missing.

sizes = np.bincount(school)
chosen = np.argsort(-sizes, kind="stable")[:8]
rows = np.isin(school, chosen)
X, (Y, names) = X[rows], targets_from_long(y[rows], school[rows])
Y = pd.DataFrame(Y, columns=[f"school {name}" for name in names])
X.shape, Y.notna().sum().to_dict()

# %%
# The comparison
# --------------
# *Alone* is ridge regression for each school. *Together* ties the coefficients of the
# schools to their mean. How much each should shrink is not known beforehand: with
# ``search``, both sides may try seven values in the training part of every fold, and
# "alone" tunes each school for itself. With ``train_sizes``, all of it is done with a
# tenth, a fifth and two fifths of the pupils, too.

from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mtl.linear_model import RegularizedMTLRegressor
from sklearn_mtl.model_selection import compare_estimators
from sklearn_mtl.multioutput import IndependentTasksRegressor

alone = IndependentTasksRegressor(make_pipeline(StandardScaler(), Ridge()))
together = make_pipeline(StandardScaler(), RegularizedMTLRegressor("mean", tol=1e-3))
comparison = compare_estimators(
    {"alone": alone, "together": together},
    X,
    Y,
    search={
        "alone": {"estimator__ridge__alpha": np.logspace(0, 3, 7)},
        "together": {"regularizedmtlregressor__alpha": np.logspace(-2, 1, 7)},
    },
    train_sizes=[0.1, 0.2, 0.4],
    scoring="neg_root_mean_squared_error",
    random_state=0,
)
comparison

# %%
# With all pupils
# ---------------
# The score is minus the root mean squared error, in points of the exam. A school has
# forty pupils in a test part, so that the intervals are wide.

import matplotlib.pyplot as plt

comparison.plot()
plt.show()

# %%
# With fewer pupils
# -----------------
# A row of the table is a school at one size of the training part. Here are the curves.

from sklearn_mtl.inspection import TaskLearningCurveDisplay

TaskLearningCurveDisplay.from_comparison(comparison)
plt.show()

# %%
# For a single school there is next to no evidence, even where the curves are far apart:
# its test parts are small. All eight together tell more. ``curve_delta_m_`` has Δm, the
# mean over the schools of the relative change, at every size and with its interval.

curve = comparison.learning_curve()
labels = curve["n_labels"].groupby("train_size").mean()
overall = pd.DataFrame(
    comparison.curve_delta_m_["together"],
    index=pd.Index(labels.round().astype(int), name="pupils of a school"),
    columns=["Δm", "ci_low", "ci_high"],
)
overall.round(1)

# %%
_, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
low, high = overall["Δm"] - overall["ci_low"], overall["ci_high"] - overall["Δm"]
ax.errorbar(overall.index, overall["Δm"], [low, high], marker="o", capsize=3)
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xscale="log", xlabel="pupils of a school to learn from", ylabel="Δm in %")
ax.set_xticks(overall.index, overall.index)
ax.minorticks_off()
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# With 18 pupils of each school, the errors are smaller by 8 % if the schools are learnt
# together, with 74 by 4 %. With 185, all there are, it is 1.5 %, which may be chance:
# there, each school has about enough pupils of its own, and nothing is lost either. The
# interval at 37 pupils just contains 0, although those beside it do not. From five
# folds, intervals are rough; ``n_repeats=5`` would steady them, for five times the
# work.
#
# A report to send on
# -------------------
# ``to_html`` writes one file with the verdicts in words, tables, figures and settings.

from tempfile import TemporaryDirectory

with TemporaryDirectory() as folder:
    path = comparison.to_html(Path(folder) / "schools.html")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")

"""
Choosing task weights
=====================

How much should each task count? A network that is too small for all of its tasks has to
choose between them, and the weights of the tasks tell it how. Here two tasks of the
handwritten digits compete for four units: which digit it is, and how dark the image is,
a quantity.

The networks of all weights and folds are trained together, which takes a fraction of
the time of one by one.
"""

# %%
# Two tasks that compete
# ----------------------
#
# The images are noisy, so that there is something to lose.

import numpy as np
import pandas as pd

from sklearn_mtl.datasets import load_digits_tasks

X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
Y = pd.DataFrame({"digit": Y["digit"], "darkness": X.mean(axis=1)})
X = X + np.random.default_rng(0).normal(scale=6, size=X.shape)
Y.head(3)

# %%
# The search
# ----------
#
# ``"auto"`` starts with a few weights and refines them where neither task can gain
# without a loss of the other. Learning rates are tried along with each. The result has
# the columns of ``GridSearchCV``, with the scores of each task.

from sklearn_mtl.model_selection import TaskWeightSearchCV
from sklearn_mtl.neural_network import MultiTaskNet

net = MultiTaskNet((4,), preset="plain", max_epochs=60, random_state=0)
search = TaskWeightSearchCV(
    net, "auto", param_grid={"lr": [0.003, 0.01]}, n_jobs=2, max_candidates=20
)
search.fit(X, Y)
results = pd.DataFrame(search.cv_results_)
columns = ["param_lr", "mean_test_digit", "mean_test_darkness", "mean_test_mean"]
print(f"{len(results)} candidates x {search.n_splits_} folds")
results.loc[search.pareto_front_, ["param_task_weights", *columns]].round(3)

# %%
# What the weights do
# -------------------
#
# On the left, the score of each task by the share of the first one. On the right, both
# scores of each candidate: along the line a task gains only if the other loses. What
# lies below it is never worth choosing. The mean of the scores chose the star; who
# cares more for one of the tasks walks along the line.

import matplotlib.pyplot as plt

from sklearn_mtl.inspection import ParetoFrontDisplay, TaskWeightDisplay

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
TaskWeightDisplay.from_cv_results(search, ax=left, std=True)
ParetoFrontDisplay.from_cv_results(search, ax=right)
plt.show()

# %%
# Another choice
# --------------
#
# ``refit`` takes a function of the results. This one asks for the best score of the
# digits among candidates that explain a third of the variance of the darkness.


def best_digit(results):
    enough = results["mean_test_darkness"] >= 1 / 3
    return int(np.where(enough, results["mean_test_digit"], 0).argmax())


chosen = best_digit(search.cv_results_)
results.loc[[search.best_index_, chosen], ["param_task_weights", *columns]].round(3)

# %%
# Training
# --------
#
# The network of the best weights was trained on all rows. Its history has the loss of
# each task: the dashed lines are training, the others the rows that early stopping set
# aside.

from sklearn_mtl.inspection import TrainingCurveDisplay

TrainingCurveDisplay.from_estimator(search)
plt.show()

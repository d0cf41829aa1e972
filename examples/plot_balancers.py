"""
What balancers do while a network trains
========================================

A balancer decides in every step how much each task counts. What it decided is in
`history_`, and so are the cosines between the gradients of the tasks: below 0 the tasks
pull the shared layers in opposite directions.

Here one network learns which digit was written, whether it is odd, and a third task
that is pure noise: nothing can be learnt of it, and it only stands in the way.
"""

# %%
# Three tasks, one of which is noise
# ----------------------------------
# The labels of the third task are shuffled, and half of them are missing. A balancer is
# not told which task is bad.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.model_selection import multitask_train_test_split
from sklearn_mtl.neural_network import MultiTaskNetClassifier

X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
rng = np.random.RandomState(0)
noise = rng.permutation(Y["at_least_five"]).astype(float)
noise[rng.rand(len(Y)) < 0.5] = np.nan
Y = Y[["digit", "parity"]].assign(noise=noise)
X_train, X_test, Y_train, Y_test = multitask_train_test_split(
    X, Y, test_size=0.5, random_state=0
)

# %%
# One fit per balancer
# --------------------
# None minimises the plain mean of the losses. The others set the weights by the losses
# ("uncertainty") or by the gradients of the tasks ("gradnorm", "nash_mtl", "upgrad").

BALANCERS = [None, "uncertainty", "gradnorm", "nash_mtl", "upgrad"]
nets = {
    str(balancer): MultiTaskNetClassifier(
        (64, 64),
        preset="plain",
        balancer=balancer,
        early_stopping=False,
        max_epochs=40,
        random_state=0,
    ).fit(X_train, Y_train)
    for balancer in BALANCERS
}
pd.DataFrame({name: net.score_tasks(X_test, Y_test) for name, net in nets.items()})

# %%
# How much each task counted
# --------------------------
# Shown are shares: each weight divided by their sum. "uncertainty" gives a loss that
# stays high a small weight, and the noise fades away. "gradnorm" favours the tasks that
# learn slowly: it bets on the noise, and pays for it in the table. "nash_mtl" evens out
# what the tasks do to the shared layers: in the end parity is all but learnt, its
# gradients are small, and its weight is large. The weights of "upgrad" are those of the
# mean, except where tasks are in conflict.

COLORS = {"digit": "#0072b2", "parity": "#e69f00", "noise": "#7f7f7f"}
STYLES = {"digit": "-", "parity": "--", "noise": ":"}

fig, axes = plt.subplots(
    1, 4, figsize=(10, 2.8), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, net) in zip(axes, list(nets.items())[1:], strict=True):
    weights = pd.DataFrame(net.history_)[[f"weight_{task}" for task in Y]]
    shares = weights.div(weights.sum(axis=1), axis=0)
    for task in Y:
        ax.plot(
            range(1, len(shares) + 1),
            shares[f"weight_{task}"],
            color=COLORS[task],
            linestyle=STYLES[task],
            label=task,
        )
    ax.set_title(name)
    ax.set_xlabel("Epoch")
axes[0].set_ylabel("Share of the weights")
axes[0].legend()
plt.show()

# %%
# What the tasks do to each other
# -------------------------------
# Methods that look at gradients also record their cosines. The digit and its parity
# pull the shared layers in directions that are somewhat alike. The noise stands at a
# right angle to both: it does not oppose them, it only takes up room.

fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
cosines = np.array([row["gradient_cosines"] for row in nets["upgrad"].history_])
tasks = list(Y)
for (s, t), style in zip([(0, 1), (0, 2), (1, 2)], ["-", "--", ":"], strict=True):
    ax.plot(
        range(1, len(cosines) + 1),
        cosines[:, s, t],
        linestyle=style,
        label=f"{tasks[s]} and {tasks[t]}",
    )
ax.axhline(0, color="black", linewidth=0.8)
ax.set_xlabel("Epoch")
ax.set_ylabel("Cosine of the gradients")
ax.legend()
plt.show()

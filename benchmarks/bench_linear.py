"""Speed of the regularised linear models: ratios to other libraries, on one thread.

Every solver is asked for a duality gap of 1e-6 of the loss without coefficients; the
gap that its coefficients have is computed here, in the same way for all. A ratio is the
processor time of the other divided by ours, each the median of several runs that follow
one another, so that a slow moment of the machine slows all. "first" counts what the
first fit of a process takes longer, to compile. Print a part or all of it with::

    python benchmarks/bench_linear.py [single] [path] [school] [logistic] [first]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.special import entr, expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import MultiTaskLasso
from threadpoolctl import threadpool_limits

from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.linear_model._task_data import make_task_data
from sklearn_mtl.linear_model.losses import LOSSES
from sklearn_mtl.linear_model.penalties import L21Penalty
from sklearn_mtl.linear_model.solvers._regularizer import Regularizer
from sklearn_mtl.linear_model.solvers._solve import make_problem, solve

try:
    from skglm import MultiTaskLasso as SkglmLasso
    from skglm.datafits import LogisticGroup, QuadraticGroup, QuadraticMultiTask
    from skglm.penalties import L2_1, WeightedGroupL2
    from skglm.solvers import GroupBCD, GroupProxNewton, MultiTaskBCD
except ImportError:
    SkglmLasso = None
try:
    from celer.homotopy import mtl_path
except ImportError:
    mtl_path = None

TOL = 1e-6
SLOW = 3.0
# Of the violation that skglm stops at, to reach the same gap: the loosest is taken.
LOOSE = [10.0**-k for k in range(2, 8)]
DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[2] / "shared" / "data"
)
Run = Callable[[], np.ndarray]


def make_regression(n: int, p: int, n_tasks: int) -> tuple[np.ndarray, np.ndarray]:
    """Features that correlate with their neighbours, 50 relevant ones, SNR 3."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    W = np.zeros((p, n_tasks))
    W[rng.choice(p, 50, replace=False)] = rng.standard_normal((50, n_tasks))
    noise = rng.standard_normal((n, n_tasks))
    Y = X @ W
    return X, Y + noise * np.linalg.norm(Y) / np.linalg.norm(noise) / 3


def gap_of(X, Y, W, alpha, fit_intercept):
    """Return the relative gap of ½ ‖Y - X W‖² / n + alpha ‖W‖₂,₁."""
    n = len(X)
    if fit_intercept:
        X, Y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    R = Y - X @ W
    s = min(1, alpha * n / np.linalg.norm(X.T @ R, axis=1).max())
    primal = 0.5 * (R**2).sum() / n + alpha * np.linalg.norm(W, axis=1).sum()
    dual = (s * (R * Y).sum() - 0.5 * s**2 * (R**2).sum()) / n
    return (primal - dual) / (0.5 * (Y**2).sum() / n)


def seconds(run: Run) -> tuple[float, np.ndarray]:
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def compare(runs: dict[str, Run], gap: Callable, rounds: int) -> str:
    """Return a line with the ratio of each to the first, in turn."""
    gaps, times, slow = {}, {}, set()
    for name, run in runs.items():
        took, W = seconds(run)
        gaps[name], times[name] = gap(W), []
        if took > SLOW:
            # It is measured once.
            times[name].append(took)
            slow.add(name)
    for _ in range(rounds):
        for name, run in runs.items():
            if name not in slow:
                times[name].append(seconds(run)[0])
    medians = {name: statistics.median(each) for name, each in times.items()}
    ours, *others = runs
    cells = [f"{1000 * medians[ours]:8.1f} ms (gap {gaps[ours]:.0e})"]
    for other in others:
        late = "" if gaps[other] <= 1.001 * TOL else f" at gap {gaps[other]:.0e}"
        cells.append(f"{other} {medians[other] / medians[ours]:.2f}{late}")
    return "   ".join(cells)


def loosest(make: Callable[[float], Run], gap: Callable) -> Run:
    """Return the run with the largest tolerance of which the gap is small enough.

    If a slow one is on the way there, it is that one.
    """
    make(LOOSE[0])()  # to compile
    for tol in LOOSE:
        run = make(tol)
        took, W = seconds(run)
        if gap(W) <= TOL or took > SLOW:
            break
    return run


def print_single(rounds: int) -> None:
    print("\nOne fit, L2,1, milliseconds of ours and ratios")
    cases = [(1000, 2000, 20), (5000, 500, 50), (1000, 200, 10), (300, 3000, 5)]
    for n, p, n_tasks in cases:
        X, Y = make_regression(n, p, n_tasks)
        for fit_intercept in (False, True):
            centred = Y - Y.mean(axis=0) * fit_intercept
            top = np.linalg.norm(X.T @ centred, axis=1).max() / n
            for part in (3, 10, 100):
                print(
                    f"{n:5} x {p:4} x {n_tasks:2}  alpha_max/{part:<4}"
                    f"{'intercept' if fit_intercept else '':10}",
                    compare_single(X, Y, top / part, fit_intercept, rounds),
                    flush=True,
                )


def compare_single(X, Y, alpha, fit_intercept, rounds):
    params = {"fit_intercept": fit_intercept, "tol": TOL, "max_iter": 10**5}
    ours = RegularizedMTLRegressor("l21", alpha, **params)
    theirs = MultiTaskLasso(alpha, **params)

    def gap(W):
        return gap_of(X, Y, W, alpha, fit_intercept)

    runs: dict[str, Run] = {
        "ours": lambda: ours.fit(X, Y).coef_.T,
        "scikit-learn": lambda: theirs.fit(X, Y).coef_.T,
    }
    if SkglmLasso is not None:
        runs["skglm"] = loosest(
            lambda tol: (
                lambda: (
                    SkglmLasso(
                        alpha,
                        tol=tol * alpha,
                        fit_intercept=fit_intercept,
                        max_iter=500,
                    )
                    .fit(X, Y)
                    .coef_.T
                )
            ),
            gap,
        )
    if mtl_path is not None and not fit_intercept:
        runs["celer"] = lambda: (
            np.squeeze(mtl_path(X, Y, alphas=np.array([alpha]), tol=TOL)[1]).T
        )
    return compare(runs, gap, rounds)


def walk(X, Y, weights, alphas, loss, fit_intercept):
    """Return the coefficients of the last alpha of a path."""
    n_tasks = Y.shape[1]
    data = make_task_data(X, Y, weights, np.ones(n_tasks, dtype=int), fit_intercept)
    problem = make_problem(data, lambda width: LOSSES[loss](), is_reused=True)
    S = np.zeros((1, *problem.shape))
    for alpha in alphas:
        regularizer = Regularizer(L21Penalty(), alpha)
        S = solve(
            data,
            problem,
            regularizer,
            S,
            solver="auto",
            max_iter=10**5,
            tol=TOL,
            owner="",
        ).components
    return S[0]


def print_path(rounds: int) -> None:
    print("\nPath of 30 alphas with warm starts, no intercept")
    for n, p, n_tasks, eps in ((5000, 500, 50, 0.01), (1000, 2000, 20, 0.05)):
        X, Y = make_regression(n, p, n_tasks)
        top = np.linalg.norm(X.T @ Y, axis=1).max() / n
        alphas = np.geomspace(1, eps, 30) * top
        print(
            f"{n:5} x {p:4} x {n_tasks:2}  to {eps} alpha_max",
            compare_paths(X, Y, alphas, rounds),
            flush=True,
        )


def compare_paths(X, Y, alphas, rounds):
    def gap(W):
        return gap_of(X, Y, W, alphas[-1], False)

    def theirs():
        model = MultiTaskLasso(fit_intercept=False, tol=TOL, warm_start=True)
        model.set_params(max_iter=10**5)
        for alpha in alphas:
            model.set_params(alpha=alpha).fit(X, Y)
        return model.coef_.T

    runs: dict[str, Run] = {
        "ours": lambda: walk(X, Y, np.ones(Y.shape), alphas, "squared", False),
        "scikit-learn": theirs,
    }
    if SkglmLasso is not None:
        runs["skglm"] = loosest(
            lambda tol: (
                lambda: (
                    MultiTaskBCD(
                        tol=tol * alphas[-1], fit_intercept=False, warm_start=True
                    )
                    .path(
                        np.asfortranarray(X),
                        np.asfortranarray(Y),
                        QuadraticMultiTask(),
                        L2_1(1.0),
                        alphas,
                    )[1][:, :, -1]
                    .T
                )
            ),
            gap,
        )
    if mtl_path is not None:
        runs["celer"] = lambda: mtl_path(X, Y, alphas=alphas, tol=TOL)[1][:, :, -1].T
    return compare(runs, gap, rounds)


def read(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return standardised features, labels and weights (n_samples, n_tasks)."""
    with np.load(DATA / f"{name}.npz") as arrays:
        X, y, task = (arrays[key] for key in ("X", "y", "task"))
    order = np.argsort(task, kind="stable")
    X, y, task = X[order].astype(float), y[order].astype(float), task[order]
    X = X[:, X.std(axis=0) > 0]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    weights = np.equal.outer(task, np.unique(task)).astype(float)
    return X, y[:, np.newaxis] * weights, weights


def level(X, Y, weights):
    """Return as many rows of each task as the smallest has."""
    n_kept = int(weights.sum(axis=0).min())
    kept = np.flatnonzero((weights * (weights.cumsum(axis=0) <= n_kept)).any(axis=1))
    return X[kept], Y[kept], weights[kept]


def stack_blocks(X, weights):
    """Return the block-diagonal design with features side by side, and its groups."""
    p, n_tasks = X.shape[1], weights.shape[1]
    rows, tasks = np.nonzero(weights)
    columns = np.arange(p) * n_tasks + tasks[:, np.newaxis]
    pointers = np.arange(len(rows) + 1) * p
    design = sparse.csr_matrix(
        (X[rows].ravel(), columns.ravel(), pointers), shape=(len(rows), p * n_tasks)
    )
    groups = np.arange(p * n_tasks).reshape(p, n_tasks)
    starts = np.arange(0, p * n_tasks + 1, n_tasks, dtype=np.int32)
    return design, groups.ravel().astype(np.int32), starts


def ragged_gap(X, Y, weights, W, alpha, loss):
    """Return the relative gap of the tasks' mean losses, without intercepts."""
    v = weights / weights.sum(axis=0)
    Z = X @ W
    if loss == "squared":
        R = v * (Y - Z)
        value, at_zero = 0.5 * (R * (Y - Z)).sum(), 0.5 * (v * Y**2).sum()
    else:
        R = v * (Y - expit(Z))
        value = (v * (np.logaddexp(0, Z) - Y * Z)).sum()
        at_zero = v.sum() * np.log(2)
    s = min(1, alpha / np.linalg.norm(X.T @ R, axis=1).max())
    if loss == "squared":
        dual = s * (R * Y).sum() - 0.5 * s**2 * (R * (Y - Z)).sum()
    else:
        a = s * np.abs(Y - expit(Z))
        dual = (v * (entr(a) + entr(1 - a))).sum()
    primal = value + alpha * np.linalg.norm(W, axis=1).sum()
    return (primal - dual) / at_zero


def print_school(rounds: int) -> None:
    print("\nSchool, 139 tasks with rows of their own, no intercept")
    X, Y, weights = read("school")
    v = weights / weights.sum(axis=0)
    top = np.linalg.norm(X.T @ (v * Y), axis=1).max()
    for eps, n_alphas in ((0.1, 1), (0.03, 1), (0.03, 10)):
        alphas = top * np.geomspace(1, eps, n_alphas) if n_alphas > 1 else [top * eps]
        print(
            f"{n_alphas:3} alphas, to {eps} alpha_max",
            compare_school(X, Y, weights, alphas, rounds),
            flush=True,
        )


def compare_school(X, Y, weights, alphas, rounds):
    def gap(W):
        return ragged_gap(X, Y, weights, W, alphas[-1], "squared")

    runs: dict[str, Run] = {
        "ours": lambda: walk(X, Y, weights, alphas, "squared", False)
    }
    if SkglmLasso is not None:
        p, n_tasks = X.shape[1], Y.shape[1]
        design, groups, starts = stack_blocks(X, weights)
        # The mean of each task: roots of weights, times n for the mean over all rows.
        counts = weights.sum(axis=0)
        root = np.sqrt(weights @ (1 / counts))
        design = sparse.csc_matrix(sparse.diags(root) @ design)
        y = root * Y.sum(axis=1)
        datafit = QuadraticGroup(starts, groups)

        def make(tol):
            def run():
                w, Xw = np.zeros(p * n_tasks), np.zeros(len(y))
                for alpha in alphas:
                    scaled = alpha / len(y)
                    penalty = WeightedGroupL2(scaled, np.ones(p), starts, groups)
                    solver = GroupBCD(
                        tol=tol * scaled,
                        fit_intercept=False,
                        warm_start=True,
                        max_iter=10**4,
                    )
                    w = solver.solve(design, y, datafit, penalty, w, Xw)[0]
                    Xw = design @ w
                return w.reshape(p, n_tasks)

            return run

        runs["skglm"] = loosest(make, gap)
    return compare(runs, gap, rounds)


def make_classes(n_tasks, n, p):
    """Ragged logistic tasks, with 10 relevant features."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n_tasks * n, p))
    weights = np.kron(np.eye(n_tasks), np.ones((n, 1)))
    W = rng.standard_normal((p, n_tasks)) * (np.arange(p) < 10)[:, np.newaxis]
    Y = (rng.rand(*weights.shape) < expit(X @ W)) * weights
    return X, Y, weights


def print_logistic(rounds: int) -> None:
    print("\nLogistic loss, tasks with rows of their own, no intercept")
    cases = {
        "Landmine, 29 x 445 x 9": level(*read("landmine")),
        "20 x 100 x 30": make_classes(20, 100, 30),
        "10 x 100 x 200": make_classes(10, 100, 200),
    }
    for name, (X, Y, weights) in cases.items():
        v = weights / weights.sum(axis=0)
        top = np.linalg.norm(X.T @ (v * (Y - 0.5)), axis=1).max()
        for part in (3, 10):
            print(
                f"{name:26} alpha_max/{part:<3}",
                compare_logistic(X, Y, weights, top / part, rounds),
                flush=True,
            )


def compare_logistic(X, Y, weights, alpha, rounds):
    def gap(W):
        return ragged_gap(X, Y, weights, W, alpha, "logistic")

    labels = np.where(weights > 0, Y, np.nan)
    model = RegularizedMTLClassifier("l21", alpha, fit_intercept=False)
    runs: dict[str, Run] = {"ours": lambda: model.fit(X, labels).coef_.T}
    if SkglmLasso is not None:
        # Its loss has no weights: the tasks must be of one size. Its design is dense.
        p, n_tasks = X.shape[1], Y.shape[1]
        design, groups, starts = stack_blocks(X, weights)
        design = np.asfortranarray(design.toarray())
        y = np.where(Y.sum(axis=1) > 0, 1.0, -1.0)
        scaled = alpha / n_tasks
        penalty = WeightedGroupL2(scaled, np.ones(p), starts, groups)
        datafit = LogisticGroup(starts, groups)

        def make(tol):
            def run():
                solver = GroupProxNewton(
                    tol=tol * scaled, fit_intercept=False, max_pn_iter=50
                )
                return solver.solve(design, y, datafit, penalty)[0].reshape(p, n_tasks)

            return run

        runs["skglm"] = loosest(make, gap)
    return compare(runs, gap, rounds)


FIRST = """
import time
import numpy as np
from {module} import {name} as Model
X = np.random.RandomState(0).standard_normal((100, 50))
Y = X[:, :5] @ np.ones((5, 3)) + np.random.RandomState(1).standard_normal((100, 3))
start = time.process_time()
Model(alpha=0.1).fit(X, Y)
print(time.process_time() - start)
"""


def print_first() -> None:
    print("\nFirst fit of a process, seconds, with an empty cache and with a full one")
    models = {"sklearn_mtl.linear_model": "RegularizedMTLRegressor"}
    if SkglmLasso is not None:
        models["skglm"] = "MultiTaskLasso"
    import tempfile

    with tempfile.TemporaryDirectory() as cache:
        for module, name in models.items():
            code = FIRST.format(module=module, name=name)
            seconds = [
                subprocess.run(
                    [sys.executable, "-c", code],
                    env={**os.environ, "NUMBA_CACHE_DIR": cache},
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout.strip()
                for _ in range(2)
            ]
            print(f"{module:26}", *(f"{float(each):8.2f}" for each in seconds))


PARTS = {
    "single": print_single,
    "path": print_path,
    "school": print_school,
    "logistic": print_logistic,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "first", []])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1):
        for part in args.parts or [*PARTS, "first"]:
            if part == "first":
                print_first()
            else:
                PARTS[part](args.rounds)


if __name__ == "__main__":
    main()

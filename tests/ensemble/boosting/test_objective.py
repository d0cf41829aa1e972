import numpy as np

from sklearn_mtl.ensemble._boosting._objective import MultiTaskObjective


def test_leaves_are_made_from_the_derivatives_of_the_losses(data):
    objective = MultiTaskObjective(data.outputs, data.labels, None)
    margins = np.zeros((60, data.outputs.n_outputs), np.float32)
    expected = data.outputs.differentiate(margins, data.labels)
    for found, derivatives in zip(
        objective(0, margins.ravel(), None), expected, strict=True
    ):
        np.testing.assert_array_equal(found, derivatives)
    assert objective.split_grad(0, *expected) is None


def test_only_some_tasks_are_learnt(data):
    objective = MultiTaskObjective(data.outputs, data.labels, None)
    objective.learn(np.array([True, False, True]))
    margins = np.zeros((60, data.outputs.n_outputs), np.float32)
    for derivatives in objective(0, margins, None):
        without = ~derivatives.any(axis=0)
        np.testing.assert_array_equal(without, data.outputs.task == 1)


def test_splits_may_be_sought_on_others(data):
    objective = MultiTaskObjective(
        data.outputs, data.labels, lambda gradients, hessians: (-gradients, hessians)
    )
    given = np.ones((60, 2)), np.ones((60, 2))
    sought, _ = objective.split_grad(0, *given)
    np.testing.assert_array_equal(sought, -given[0])

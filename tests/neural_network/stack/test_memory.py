"""How many members are trained at once depends on what they take."""

import numpy as np

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._stack import _memory, bytes_of_inputs, count_members
from sklearn_mtl.neural_network._stack._memory import bytes_of_member


def prepare(data, **params):
    return MultiTaskNetClassifier(preset="plain", **params)._prepare(*data)


def test_parameters_count_six_times(digits):
    """So they do for a network of one row and no hidden layer, but for what is tiny."""
    run = prepare(digits, hidden_layer_sizes=(), batch_size=1)
    n_parameters = 65 * 12
    assert 6 * 4 * n_parameters <= bytes_of_member(run) < 8 * 4 * n_parameters


def test_activations_count(digits):
    small, large = (
        bytes_of_member(prepare(digits, hidden_layer_sizes=(64,), batch_size=size))
        for size in (16, 256)
    )
    # At least the activations and their gradients of the hidden layer.
    assert large - small > (256 - 16) * 64 * 2 * 4


def test_larger_networks_go_in_smaller_numbers(digits):
    counts = [
        count_members(prepare(digits, hidden_layer_sizes=sizes))
        for sizes in [(16,), (256, 256), (4000, 4000)]
    ]
    assert counts[0] > counts[1] > counts[2] == 1


def test_inputs_are_counted_once_for_each_run(digits):
    X, _ = digits
    run = prepare(digits)
    assert bytes_of_inputs([run, run]) == X.size * np.float32().itemsize
    assert bytes_of_inputs([run, prepare(digits)]) == 2 * bytes_of_inputs([run])


def test_a_gpu_trains_as_many_as_a_quarter_of_its_free_memory_holds(
    digits, monkeypatch
):
    run = prepare(digits)
    of_one = bytes_of_member(run)
    monkeypatch.setattr(_memory, "is_host", lambda device: False)
    for free, expected in [(40 * of_one, 10), (of_one, 1), (None, 2**31 // of_one)]:
        monkeypatch.setattr(_memory, "find_free_bytes", lambda device, free=free: free)
        assert count_members(run) == expected

"""Which device is used, and what is said where a GPU cannot be."""

import warnings

import pytest
import torch

from sklearn_mtl.neural_network import MultiTaskNetClassifier, _device
from sklearn_mtl.neural_network._device import _try_cuda, _warn_once, resolve_device

BROKEN = {
    "driver": "The NVIDIA driver on your system is too old (found version 11040).",
    "kernel": "CUDA error: no kernel image is available for execution on the device",
    "memory": "CUDA out of memory. Tried to allocate 2.00 MiB.",
    "fork": "Cannot re-initialize CUDA in forked subprocess.",
}
ABSENT = ("Found no NVIDIA driver on your system.", "No CUDA GPUs are available")


@pytest.fixture
def broken_gpu(monkeypatch):
    """A function that lets the first use of a GPU fail with a message."""

    def break_gpu(message):
        def fail(*args):
            raise RuntimeError(f"{message}\nMore that nobody wants to read")

        monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
        monkeypatch.setattr(torch.cuda, "init", fail)

    yield forget(break_gpu)
    forget()


def forget(result=None):
    """Let a process that knows how its GPU is try it again."""
    _try_cuda.cache_clear()
    _warn_once.cache_clear()
    return result


def small(**params):
    return MultiTaskNetClassifier((4,), max_epochs=1, random_state=0, **params)


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_devices(device):
    expected = "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"
    assert resolve_device(device, "Net") == expected


def test_other_devices_are_taken_as_they_are():
    assert resolve_device("mps", "Net") == "mps"


def test_a_device_that_is_none():
    with pytest.raises(ValueError, match="The 'device' parameter of Net must be one"):
        resolve_device("gpu", "Net")


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN)
def test_auto_falls_back_with_one_warning(message, broken_gpu):
    broken_gpu(message)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nets = [small().fit([[0.0], [1.0]], [0, 1]) for _ in range(2)]
    assert [net.device_ for net in nets] == ["cpu", "cpu"]
    said = [str(w.message) for w in caught if "GPU" in str(w.message)]
    assert len(said) == 1
    assert message in said[0]
    assert "nobody wants" not in said[0]


@pytest.mark.parametrize("message", ABSENT)
def test_no_warning_where_there_is_no_gpu(message, broken_gpu):
    broken_gpu(message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resolve_device("auto", "Net") == "cpu"


@pytest.mark.parametrize("device", ["cuda", "cuda:7"])
def test_a_gpu_that_is_asked_for_must_work(device, broken_gpu):
    broken_gpu(BROKEN["kernel"])
    with pytest.raises(ValueError, match=f"no kernel image .* got '{device}'"):
        resolve_device(device, "Net")


def test_a_gpu_is_tried_once(broken_gpu, monkeypatch):
    tried = []
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: tried.append(1))
    for _ in range(3):
        resolve_device("auto", "Net")
    assert len(tried) == 1


def test_a_forked_process_tries_for_itself(broken_gpu, monkeypatch):
    assert resolve_device("auto", "Net") == "cpu" or torch.cuda.is_available()
    broken_gpu(BROKEN["fork"])
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pytest.warns(UserWarning, match="forked subprocess"):
        assert resolve_device("auto", "Net") == "cpu"


@pytest.mark.parametrize("device", ["auto", "cuda", "cuda:0"])
def test_a_process_tries_the_gpu_of_its_own(device, monkeypatch):
    tried = []
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(_device, "_try_cuda", lambda device, _: tried.append(device))
    assert resolve_device(device, "Net") == ("cuda" if device == "auto" else device)
    assert tried == ["cuda:0" if device == "cuda:0" else "cuda:1"]

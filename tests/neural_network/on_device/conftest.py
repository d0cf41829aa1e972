"""A device that is none: it computes on the CPU, but is as strict as a GPU.

Tensors on the device "meta" get numbers here. They are in tensors of the CPU, which
nothing but this file sees. What a GPU refuses is refused: operations on tensors of two
devices, but for numbers and indices, and `numpy()`.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

DEVICE = "meta"
aten = torch.ops.aten

# What takes tensors of two devices.
_BETWEEN = {aten._to_copy.default, aten.copy_.default}
# The indices of these may be on the CPU.
_INDEXED = {
    aten.index.Tensor,
    aten.index_put_.default,
    aten.index_put.default,
    aten._index_put_impl_.default,
    aten._unsafe_index.Tensor,
}
_MADE_OF_NUMBERS: set[Callable[..., Any]] = {
    torch.tensor,
    torch.as_tensor,
    Tensor.new_tensor,
}


class OnDevice(Tensor):
    """A tensor on the device."""

    host: Tensor

    @staticmethod
    def __new__(cls, host: Tensor, requires_grad: bool = False) -> "OnDevice":
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            host.size(),
            strides=host.stride(),
            storage_offset=host.storage_offset(),
            dtype=host.dtype,
            device=DEVICE,
            requires_grad=requires_grad,
        )
        made.host = host
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"OnDevice({self.host!r})"

    def numpy(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("can't convert a tensor of another device to numpy")

    __array__ = numpy

    def __deepcopy__(self, memo: dict[int, Any]) -> "OnDevice":
        copied = OnDevice(self.host.clone(), self.requires_grad)
        if isinstance(self, torch.nn.Parameter):
            copied = torch.nn.Parameter(copied, self.requires_grad)
        memo[id(self)] = copied
        return copied

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return dispatch(func, args, kwargs or {})


def dispatch(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Return what an operation returns, computed on the CPU."""
    flat, _ = tree_flatten((args, kwargs))
    tensors = [one for one in flat if isinstance(one, Tensor)]
    on_device = [one for one in tensors if isinstance(one, OnDevice)]
    wanted = kwargs.get("device")
    if func not in _BETWEEN:
        _check(func, args, tensors, on_device)
    if wanted is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
        goes_there = torch.device(wanted).type == DEVICE
    else:
        goes_there = bool(on_device)
    if func is aten.copy_.default:
        goes_there = isinstance(args[0], OnDevice)
    if func is aten._local_scalar_dense.default:
        return _host(args[0]).item()
    drawn = [one for one in flat if isinstance(one, _CpuGenerator)]
    if any((one._cdata in _made) != goes_there for one in drawn):
        raise RuntimeError(f"{func} got a generator of another device")
    hosts = tree_map(_host, (args, kwargs))
    found = func(*hosts[0], **hosts[1])
    if torch.Tag.inplace_view in func.tags and on_device:
        # The tensor that stands for the one on the CPU gets the new shape too.
        with no_dispatch():
            func(*args, **kwargs)
    if not goes_there:
        return found.clone() if func is aten._to_copy.default else found
    if func is aten._to_copy.default and not on_device:
        found = found.clone()
    known = {id(one.host): one for one in on_device}

    def wrap(one: Any) -> Any:
        if not isinstance(one, Tensor):
            return one
        return known[id(one)] if id(one) in known else OnDevice(one)

    return tree_map(wrap, found)


def _host(one: Any) -> Any:
    return one.host if isinstance(one, OnDevice) else one


def _check(func: Any, args: Any, tensors: list[Tensor], on_device: list) -> None:
    others = [one for one in tensors if not isinstance(one, OnDevice) and one.ndim]
    if func in _INDEXED:
        indices, _ = tree_flatten(args[1])
        others = [one for one in others if not any(one is index for index in indices)]
    if on_device and others:
        shapes = [tuple(one.shape) for one in tensors]
        raise RuntimeError(
            f"Expected all tensors to be on the same device: {func} got {len(others)} "
            f"on the CPU, {len(on_device)} on the device, of shapes {shapes}"
        )


class _Dispatch(TorchDispatchMode):
    """Gives new tensors of the device their numbers."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return dispatch(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """Makes tensors of numbers on the CPU first: torch forgets those of this device."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func not in _MADE_OF_NUMBERS:
            return func(*args, **kwargs)
        device = kwargs.pop("device", None)
        if func is Tensor.new_tensor:
            like, *rest = args
            device, func, args = device or like.device, torch.tensor, rest
            kwargs = {"dtype": like.dtype, **kwargs}
        source = args[0]
        if device is None and isinstance(source, OnDevice):
            device = source.device
        if isinstance(source, Tensor) and device is not None:
            kwargs.pop("requires_grad", None)
            return source.to(device, **kwargs)
        needs_grad = kwargs.pop("requires_grad", False)
        made = func(*args, **kwargs)
        return (made if device is None else made.to(device)).requires_grad_(needs_grad)


_CpuGenerator = torch.Generator
# The generators of the device by what they are in torch, which makes others of them.
_made: dict[int, _CpuGenerator] = {}


class _Generator(_CpuGenerator):
    """A generator that says that it is on the device."""

    def __new__(cls, device: Any = "cpu") -> torch.Generator:
        if torch.device(device).type != DEVICE:
            return _CpuGenerator()
        made = super().__new__(cls, "cpu")
        _made[made._cdata] = made
        return made

    @property
    def device(self) -> torch.device:
        return torch.device(DEVICE)


@pytest.fixture
def on_device(monkeypatch: pytest.MonkeyPatch) -> Callable[[], ExitStack]:
    """A function that returns the context in which the device has numbers."""

    def enter() -> ExitStack:
        monkeypatch.setattr(torch, "Generator", _Generator)
        # Tensors that are made of others have versions, which it takes away.
        monkeypatch.setattr(torch, "inference_mode", torch.no_grad)
        stack = ExitStack()
        # A module that is moved keeps its parameters, as one that moves to a GPU does.
        swaps = torch.__future__.set_swap_module_params_on_conversion
        stack.callback(swaps, torch.__future__.get_swap_module_params_on_conversion())
        swaps(True)
        stack.enter_context(_Functions())
        stack.enter_context(_Dispatch())
        return stack

    return enter

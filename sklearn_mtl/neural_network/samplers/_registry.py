"""The samplers by name."""

from typing import Any

from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.neural_network.samplers._alternating import Alternating
from sklearn_mtl.neural_network.samplers._annealed import Annealed
from sklearn_mtl.neural_network.samplers._base import TaskSampler
from sklearn_mtl.neural_network.samplers._proportional import Proportional
from sklearn_mtl.neural_network.samplers._subset import Subset
from sklearn_mtl.neural_network.samplers._temperature import Temperature
from sklearn_mtl.neural_network.samplers._uniform import Uniform

SAMPLERS: dict[str, type[TaskSampler]] = {
    "proportional": Proportional,
    "uniform": Uniform,
    "temperature": Temperature,
    "annealed": Annealed,
    "alternating": Alternating,
    "subset": Subset,
}


def make_sampler(sampler: Any, owner: str) -> TaskSampler:
    """Return the sampler of a name, or the object itself."""
    if isinstance(sampler, str):
        check_option(sampler, SAMPLERS, "task_sampler", owner)
        return SAMPLERS[sampler]()
    if not isinstance(sampler, TaskSampler):
        raise parameter_error(
            "task_sampler",
            owner,
            "a name or an object of sklearn_mtl.neural_network.samplers",
            repr(sampler),
        )
    return sampler

from dataclasses import dataclass

from torch import Tensor

from sklearn_mtl.neural_network.architectures._base import (
    Architecture,
    LayerSettings,
    Trunk,
)
from sklearn_mtl.neural_network.architectures._stacked import StackedMLP


@dataclass(repr=False, eq=False)
class Separate(Architecture):
    """Nothing is shared: a network of its own for each task, trained side by side.

    The layers of ``hidden_layer_sizes`` are those of each task's network, which starts
    from weights of its own. What comes before is still shared: an encoder, if there is
    one, the batches and early stopping. This suits tasks that have nothing in common,
    and is what to compare the others with.

    See Also
    --------
    SoftSharing : The weights of the networks are kept similar.
    sklearn_mtl.multioutput.IndependentTasksClassifier : One estimator per task.

    References
    ----------
    Caruana, R. (1997). Multitask learning. Machine Learning, 28, 41-75.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.neural_network import MultiTaskNetClassifier
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> net = MultiTaskNetClassifier(
    ...     (32,), architecture="separate", lr=0.01, max_epochs=5, random_state=0
    ... )
    >>> net.fit(X, Y).score(X, Y) > 0.9
    True
    """

    def _build(self, settings: LayerSettings) -> Trunk:
        return SeparateTrunk(settings)


class SeparateTrunk(Trunk):
    """A network for each task; all weights come after the cut."""

    task_layers: StackedMLP

    def __init__(self, settings: LayerSettings):
        super().__init__()
        self.task_layers = StackedMLP(
            settings.n_tasks,
            settings.n_features_in,
            settings.hidden_layer_sizes,
            settings,
        )
        self.out_features = self.task_layers.out_features

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        return (features,)

    def specialise(self, *shared: Tensor) -> Tensor:
        return self.task_layers(*shared)

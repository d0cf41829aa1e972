import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval
from torch import Tensor


@dataclass(repr=False, eq=False)
class Mixup(BaseEstimator):
    r"""Mix each row of a batch with another one.

    .. math::
        \tilde x_i = \lambda_i x_i + (1 - \lambda_i) x_{j(i)}, \qquad
        \lambda_i = \max(b_i, 1 - b_i), \qquad b_i \sim \mathrm{Beta}(\alpha, \alpha)

    A row is mixed with a random one of the same group, that is, with the same inputs;
    with itself where there is no other. As λ is 1/2 at least, a row remains more itself
    than its partner.

    The loss of a mixed row is to be λ times that for its own labels, plus 1 - λ times
    that for its partner's. What is trained on are the row's own labels with
    probability λ, and its partner's otherwise: in expectation that is the same, for
    labels of any kind. All labels of a row come from one of the two, missing ones too,
    which count nothing.

    Parameters
    ----------
    alpha : float, default=0.2
        The parameter α of the distribution. The smaller, the less is mixed; 1 is
        uniform.

    See Also
    --------
    GaussianNoise : Add noise to rows.

    References
    ----------
    Zhang, H., Cisse, M., Dauphin, Y. N. and Lopez-Paz, D. (2018). mixup: beyond
    empirical risk minimization. ICLR.

    Devroye, L. (1996). Random variate generation in one line of code. Winter
    Simulation Conference.

    Examples
    --------
    >>> import torch
    >>> from sklearn_mtl.neural_network.augmentations import Mixup
    >>> mixup = Mixup(alpha=1.0)
    >>> generator = torch.Generator().manual_seed(1)
    >>> partner, share = mixup.pair(torch.tensor([0, 0, 1]), generator)
    >>> partner
    tensor([1, 0, 2])
    >>> mixup.mix(torch.tensor([[0.0], [1.0], [5.0]]), partner, share)
    tensor([[0.3773],
            [0.8995],
            [5.0000]])
    """

    alpha: float = 0.2

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "alpha": [Interval(Real, 0, None, closed="neither")]
    }

    def pair(self, groups: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw a partner for each row, and how much of the row is kept.

        Parameters
        ----------
        groups : Tensor of int of shape (n,)
            The group of each row.
        generator : torch.Generator
            Where to draw from, on the device of the groups.

        Returns
        -------
        partner : Tensor of int64 of shape (n,)
            A row of the same group, any with the same probability. No row is the
            partner of two.
        share : Tensor of shape (n,)
            The weight λ of the row itself, from 1/2 to 1.

        Raises
        ------
        ValueError
            If a parameter is bad.
        """
        self._validate_params()
        n, device = len(groups), groups.device
        # Twice the rows group by group, the second time in random order within each.
        shuffled = torch.randperm(n, generator=generator, device=device)
        shuffled = shuffled[groups[shuffled].argsort(stable=True)]
        partner = torch.empty_like(shuffled)
        partner[groups.argsort(stable=True)] = shuffled
        return partner, self._draw_shares(n, generator, device)

    def mix(self, X: Tensor, partner: Tensor, share: Tensor) -> Tensor:
        """Return the mixed rows of one input.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The rows, which are left as they are.
        partner : Tensor of int64 of shape (n,)
            The partner of each row.
        share : Tensor of shape (n,)
            The weight of the row itself.

        Returns
        -------
        Tensor of shape (n, ...)
            The mixed rows.
        """
        weights = share.to(X.dtype).view(-1, *(1 for _ in X.shape[1:]))
        return torch.lerp(X[partner], X, weights)

    def mix_labels(
        self,
        targets: Tensor,
        weights: Tensor,
        partner: Tensor,
        share: Tensor,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """Return the labels that mixed rows are trained on.

        Parameters
        ----------
        targets : Tensor of shape (n, n_tasks)
            The labels.
        weights : Tensor of shape (n, n_tasks)
            How much each label counts; 0 where it is missing.
        partner : Tensor of int64 of shape (n,)
            The partner of each row.
        share : Tensor of shape (n,)
            The weight of the row itself.
        generator : torch.Generator
            Where to draw from, on the device of the labels.

        Returns
        -------
        targets : Tensor of shape (n, n_tasks)
            The row's own labels with the probability `share`, else its partner's.
        weights : Tensor of shape (n, n_tasks)
            Their weights.
        """
        drawn = torch.rand(len(share), generator=generator, device=share.device)
        own = torch.arange(len(share), device=share.device)
        source = torch.where(drawn < share, own, partner)
        return targets[source], weights[source]

    def _draw_shares(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        # torch's own beta distribution draws from the global generator. This is exact,
        # as t / √(2α + t²) is 2b - 1 where t has Student's distribution with 2α degrees
        # of freedom, which is √(2α (u^(-1/α) - 1)) cos(2πv) for uniform u and v.
        u, v = torch.rand(2, n, generator=generator, device=device)
        ratio = torch.expm1(-torch.log1p(-u) / self.alpha)
        ratio = ratio * torch.cos(2 * math.pi * v) ** 2
        return (1 + (1 + 1 / ratio).rsqrt()) / 2

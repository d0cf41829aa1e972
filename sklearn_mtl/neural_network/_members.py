"""Several networks in one: members that share weights, and networks that share none.

Each row of a training batch goes to one of them, so that a step costs as much as one of
a single network. In prediction every row goes to all.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sklearn_mtl.neural_network.architectures._base import Trunk

# The features are in so many groups, and a member changes the sign of whole groups.
# With a sign for each feature, members are too far apart to share what follows.
_N_GROUPS = 16


class MemberScales(nn.Module):
    """Multiply each row by the vector of the member that it goes to.

    The vectors start as random signs, to which weight decay pulls them back. Row i goes
    to member i modulo their number.

    Parameters
    ----------
    n_members : int
        The number of vectors.
    groups : Tensor of shape (d,)
        The group of each number of a row; a vector is constant within a group.
    generator : torch.Generator
        Draws the signs.
    dtype : torch.dtype
        Their precision.
    """

    groups: Tensor
    signs: Tensor
    places: Tensor

    def __init__(
        self,
        n_members: int,
        groups: Tensor,
        generator: torch.Generator,
        dtype: torch.dtype,
    ):
        super().__init__()
        shape = n_members, int(groups.max()) + 1 if len(groups) else 0
        draws = torch.randint(0, 2, shape, generator=generator)
        self.register_buffer("groups", groups)
        self.register_buffer("signs", (2 * draws - 1).to(dtype))
        self.changes = nn.Parameter(torch.zeros(shape, dtype=dtype))
        # Where the numbers of each group are; the last place is one beyond the row.
        of_groups = [(groups == g).nonzero().squeeze(1) for g in range(shape[1])]
        places = nn.utils.rnn.pad_sequence(
            of_groups, batch_first=True, padding_value=len(groups)
        )
        self.register_buffer("places", places)

    @property
    def scales(self) -> Tensor:
        """The numbers of each member, (n_members, n_groups)."""
        return self.signs + self.changes

    def apply_by_group(self, rows: Tensor, weight: Tensor) -> Tensor:
        """Return the products of each group of numbers, (n_groups, n, n_out).

        Those of a member are their sum, weighted by its numbers: which is much less
        than a product with the rows of each member.
        """
        padded, in_groups = pad(rows, (0, 1)), pad(weight, (0, 1))
        n_groups, size = self.places.shape
        shape = -1, n_groups, size
        X = padded.index_select(1, self.places.flatten()).view(shape).transpose(0, 1)
        W = in_groups.index_select(1, self.places.flatten()).view(shape)
        return torch.bmm(X, W.permute(1, 2, 0))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the rows (..., n, d) times the vectors of their members."""
        scales = self.scales.index_select(1, self.groups)
        n, k = rows.shape[-2], len(scales)
        filled = pad(rows, (0, 0, 0, -n % k)) if n % k else rows
        own = filled.unflatten(-2, (-1, k)) * scales
        return own.flatten(-3, -2)[..., :n, :]


class MemberTrunk(Trunk):
    """Layers that k members share; each scales what goes in and what comes out.

    Member m gets the features times s_m, and its heads the representation times r_m:
    rank-one changes of the weights of the first layer and of the heads. s_m has a
    number for each group of features.

    Parameters
    ----------
    trunk : Trunk
        The layers.
    n_features : int
        The number of features that they take.
    n_members : int
        The number of members.
    generator : torch.Generator
        Draws the groups and where the members start from.
    dtype : torch.dtype
        The precision.

    References
    ----------
    Wen, Y., Tran, D. and Ba, J. (2020). BatchEnsemble: an alternative approach to
    efficient ensemble and lifelong learning. ICLR.

    Gorishniy, Y., Kotelnikov, A. and Babenko, A. (2025). TabM: advancing tabular deep
    learning with parameter-efficient ensembling. ICLR.
    """

    def __init__(
        self,
        trunk: Trunk,
        n_features: int,
        n_members: int,
        generator: torch.Generator,
        dtype: torch.dtype,
    ):
        super().__init__()
        self.n_members = n_members
        self.out_features = trunk.out_features
        self.per_task, self.makes_streams = trunk.per_task, trunk.makes_streams
        groups = torch.randperm(n_features, generator=generator) % _N_GROUPS
        self.enter = MemberScales(n_members, groups, generator, dtype)
        self.trunk = trunk
        units = torch.arange(trunk.out_features)
        self.leave = MemberScales(n_members, units, generator, dtype)
        of_tasks = {id(p) for part in trunk.own_modules() for p in part.parameters()}
        if of_tasks.issuperset(id(p) for p in trunk.parameters()):
            # Where tasks have nothing in common, they do not learn these together.
            self.enter.requires_grad_(False)
            self.leave.requires_grad_(False)

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        return self._leave_shared(self.trunk.share(self.enter(features)))

    def share_with_all(self, features: Tensor) -> tuple[Tensor, ...]:
        first = self.trunk.first_linear
        if first is None:
            return super().share_with_all(features)
        parts = self.enter.apply_by_group(features, first.weight)
        by_member = torch.einsum("mg,gnh->nmh", self.enter.scales, parts)
        rest = self.trunk.share_after_first(by_member.flatten(0, 1) + first.bias)
        return self._leave_shared(rest)

    def _leave_shared(self, shared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return shared if self.per_task else (self.leave(shared[0]),)

    def specialise(self, *shared: Tensor) -> Tensor:
        if not self.per_task:
            return shared[0]
        return self.leave(self.trunk.specialise(*shared))

    def own_modules(self) -> list[nn.Module]:
        own = self.trunk.own_modules()
        return [*own, self.leave] if self.per_task else own

    def penalty(self) -> Tensor | None:
        return self.trunk.penalty()


class SeparateTrunks(Trunk):
    """Layers of several networks, which share nothing; row i goes to one in turn."""

    def __init__(self, trunks: Sequence[Trunk]):
        super().__init__()
        self.trunks = nn.ModuleList(trunks)
        first = trunks[0]
        self.n_networks = len(trunks)
        self.n_members = self.n_networks * first.n_members
        self.out_features = first.out_features
        self.per_task, self.makes_streams = first.per_task, first.makes_streams

    @property
    def _each(self) -> list[Trunk]:
        return cast(list[Trunk], list(self.trunks))

    def own_modules(self) -> list[nn.Module]:
        return [module for trunk in self._each for module in trunk.own_modules()]

    def share(self, features: Tensor) -> tuple[Tensor, ...]:
        g = self.n_networks
        found = [t.share(features[j::g]) for j, t in enumerate(self._each)]
        return tuple(tensor for shared in found for tensor in shared)

    def share_in_turn(self, features: Tensor) -> tuple[Tensor, ...]:
        g = self.n_networks
        found = [t.share_with_all(features[j::g]) for j, t in enumerate(self._each)]
        return tuple(tensor for shared in found for tensor in shared)

    def share_with_all(self, features: Tensor) -> tuple[Tensor, ...]:
        found = [trunk.share_with_all(features) for trunk in self._each]
        return tuple(tensor for shared in found for tensor in shared)

    def specialise(self, *shared: Tensor) -> Tensor:
        step = len(shared) // self.n_networks
        parts = [
            trunk.specialise(*shared[j * step : (j + 1) * step])
            for j, trunk in enumerate(self._each)
        ]
        return interleave(parts)

    def penalty(self) -> Tensor | None:
        penalties = [trunk.penalty() for trunk in self._each]
        there = [penalty for penalty in penalties if penalty is not None]
        # As the loss is the mean over the rows of all networks.
        return torch.stack(there).mean() if there else None


def interleave(parts: Sequence[Tensor]) -> Tensor:
    """Return the rows of all parts (..., n, d) in turn, as they were dealt."""
    most, n_rows = parts[0].shape[-2], sum(part.shape[-2] for part in parts)
    filled = [pad(part, (0, 0, 0, most - part.shape[-2])) for part in parts]
    return torch.stack(filled, dim=-2).flatten(-3, -2)[..., :n_rows, :]

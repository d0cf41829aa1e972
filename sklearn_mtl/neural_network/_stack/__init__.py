"""Many networks trained together, as one with a leading axis of members."""

from ._member import Member, Outcome
from ._memory import bytes_of_inputs, count_members
from ._stackable import find_obstacle, find_signature
from ._training import train_together

__all__ = [
    "Member",
    "Outcome",
    "bytes_of_inputs",
    "count_members",
    "find_obstacle",
    "find_signature",
    "train_together",
]

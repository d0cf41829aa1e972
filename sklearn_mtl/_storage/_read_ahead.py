"""Read the next part in the background while this one is in use."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Part = TypeVar("Part")


def read_ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts, each of which is made while the one before is in use.

    There are two at once, however slow their use is. What goes wrong in the making is
    raised where the part is asked for.
    """
    end: Any = object()
    iterator = iter(parts)
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        made = thread.submit(next, iterator, end)
        while (part := made.result()) is not end:
            made = thread.submit(next, iterator, end)
            yield part
            del part

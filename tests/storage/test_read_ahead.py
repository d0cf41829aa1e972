import threading
import time
from contextlib import closing

import pytest

from sklearn_mtl._storage import read_ahead


def test_all_parts_in_their_order():
    assert list(read_ahead(range(50))) == list(range(50))
    assert list(read_ahead([])) == []


def test_the_next_part_is_made_while_one_is_in_use():
    made = []
    parts = read_ahead(made.append(k) or k for k in range(10))
    assert next(parts) == 0
    deadline = time.monotonic() + 10
    while len(made) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert made == [0, 1]
    parts.close()


def test_no_more_than_one_is_made_ahead():
    made = []
    with closing(read_ahead(made.append(k) or k for k in range(10))) as parts:
        next(parts)
        time.sleep(0.05)
        assert len(made) <= 2


def test_errors_are_raised_where_the_part_is_asked_for():
    def parts():
        yield 1
        raise OSError("the disk is gone")

    ahead = read_ahead(parts())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)


def test_no_thread_is_left():
    before = threading.active_count()
    ahead = read_ahead(iter(range(100)))
    next(ahead)
    ahead.close()
    assert threading.active_count() == before

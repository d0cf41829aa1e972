import numpy as np
import pandas as pd
import pytest

from sklearn_mtl._storage._parquet_files import find_files


def names_of(files):
    return [path.rpartition("/")[2] for path in files.paths]


def test_row_groups_of_all_files(write, frame):
    files = find_files(write(frame[:10], frame[10:15], row_group_size=4))
    np.testing.assert_array_equal(files.bounds, [0, 4, 8, 10, 14, 15])
    np.testing.assert_array_equal(files.places[:, 0], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(files.places[:, 1], [0, 1, 2, 0, 1])
    assert files.n_rows == 15


def test_kinds(write, frame):
    kinds = find_files(write(frame)).kinds
    categories = {name for name, kind in kinds.items() if kind == "category"}
    assert categories == {"text", "category"}
    assert set(kinds.values()) == {"category", "number"}


def test_files_come_in_the_order_of_their_names(write, frame):
    folder = write(*[frame[:2]] * 3)
    (folder / "part-01.parquet").rename(folder / "a.parquet")
    (folder / "part-00.parquet").rename(folder / "part-10.parquet")
    expected = ["a.parquet", "part-02.parquet", "part-10.parquet"]
    assert names_of(find_files(folder)) == expected
    assert names_of(find_files(str(folder / "*.parquet"))) == expected
    assert names_of(find_files(f"{folder}/part-*.parquet")) == expected[1:]
    given = [folder / name for name in reversed(expected)]
    assert names_of(find_files(given)) == expected[::-1]


def test_what_is_hidden_is_left_out(write, frame):
    folder = write(frame[:2], frame[:2])
    (folder / "_temporary").mkdir()
    (folder / "part-01.parquet").rename(folder / "_temporary" / "part-01.parquet")
    assert names_of(find_files(folder)) == ["part-00.parquet"]


def test_a_pattern_relative_to_the_folder(write, frame, monkeypatch):
    monkeypatch.chdir(write(frame[:2]))
    assert names_of(find_files("*.parquet")) == ["part-00.parquet"]


def test_empty_files_have_no_rows(write, frame):
    files = find_files(write(frame[:0], frame[:3], frame[:0]))
    assert files.n_rows == 3
    assert len(files.paths) == 3


def test_only_empty_files(write, frame):
    with pytest.raises(ValueError, match=r"'path' .* at least 1 row, got 2 empty file"):
        find_files(write(frame[:0], frame[:0]))


@pytest.mark.parametrize("path", ["nowhere", "*.nothing", []], ids=str)
def test_no_files(path):
    with pytest.raises(ValueError, match="'path' parameter of ParquetTable"):
        find_files(path)


def test_no_path():
    with pytest.raises(ValueError, match="a path, a pattern, or a sequence"):
        find_files(7)


def test_a_file_that_is_not_parquet(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_text("no, I am not")
    with pytest.raises(ValueError, match=r"readable files, got '.*x\.parquet'"):
        find_files(path)


def test_a_column_that_a_file_lacks(write, frame):
    folder = write(frame, frame.rename(columns={"number": "numbers"}))
    with pytest.raises(ValueError, match=r"without 'number' \(did you mean 'numbers'"):
        find_files(folder)


def test_a_column_that_only_one_file_has(write, frame):
    folder = write(frame, frame.assign(more=1))
    with pytest.raises(ValueError, match=r"got 'more' in '.*part-01\.parquet'"):
        find_files(folder)


def test_a_column_of_another_kind(write, frame):
    folder = write(frame, frame.assign(number="one"))
    with pytest.raises(ValueError, match=r"got 'number' as (large_)?string in"):
        find_files(folder)


def test_numbers_of_another_width_are_of_the_same_kind(write, frame):
    other = frame.assign(number=frame["number"].astype(np.float32))
    assert find_files(write(frame, other)).n_rows == 2 * len(frame)


def test_a_file_that_was_written_anew(write, frame):
    files = find_files(write(frame))
    write(pd.concat([frame, frame]))
    with pytest.raises(OSError, match="other rows than when"):
        files.open(0)

"""A folder keeps the last two checkpoints of each fit."""

import pytest
import torch

from sklearn_mtl.neural_network._checkpoints._file import Checkpoint
from sklearn_mtl.neural_network._checkpoints._folder import Folder


def checkpoint(epoch, fingerprint, finished=False):
    return Checkpoint(fingerprint, epoch, finished, {"w": torch.full((9,), epoch)})


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path, {"lr": "1"})


def save(folder, *epochs):
    for epoch in epochs:
        folder.save(checkpoint(epoch, folder.fingerprint))


def damage(path):
    path.write_bytes(path.read_bytes()[:-3])


def newest(folder):
    return max(folder.path.glob("*.safetensors"))


def test_the_last_two_are_kept(folder):
    save(folder, 0, 1, 2, 9, 10)
    assert len(list(folder.path.iterdir())) == 2
    found, problems = folder.find_newest()
    assert (found.epoch, problems) == (10, [])


def test_an_empty_folder_has_none(folder):
    assert folder.find_newest() == (None, [])


def test_the_one_before_stands_in_for_a_damaged_one(folder):
    save(folder, 1, 2)
    name = newest(folder).name
    damage(newest(folder))
    found, problems = folder.find_newest()
    assert found.epoch == 1
    assert len(problems) == 1
    assert problems[0].startswith(f"{name}: it cannot be read")


def test_all_may_be_damaged(folder):
    save(folder, 1, 2)
    for path in folder.path.iterdir():
        damage(path)
    found, problems = folder.find_newest()
    assert found is None
    assert len(problems) == 2


def test_a_file_under_the_name_of_another_fit_is_refused(folder, tmp_path):
    other = Folder(tmp_path, {"lr": "2"})
    save(other, 1)
    stolen = newest(folder)
    save(folder, 1)
    stolen.replace(next(p for p in tmp_path.iterdir() if p != stolen))
    found, problems = folder.find_newest()
    assert found is None
    assert "of another fit" in problems[0]


def test_fits_do_not_see_each_other(folder, tmp_path):
    other = Folder(tmp_path, {"lr": "2"})
    save(other, 7, 8)
    save(folder, 1, 2, 3)
    assert folder.find_newest()[0].epoch == 3
    assert other.find_newest()[0].epoch == 8
    assert list(folder.find_others()) == [{"lr": "2"}] * 2


def test_others_that_are_damaged_are_passed_over(folder, tmp_path):
    other = Folder(tmp_path, {"lr": "2"})
    save(other, 7)
    newest(other).write_bytes(b"")
    (tmp_path / "notes.safetensors").write_text("mine")
    assert list(folder.find_others()) == []


def test_a_fit_that_starts_anew_replaces_what_was_there(folder):
    save(folder, 7, 8)
    save(folder, 0)
    folder.forget_after(0)
    assert folder.find_newest()[0].epoch == 0
    assert len(list(folder.path.iterdir())) == 1


def test_later_ones_and_what_was_left_over_are_forgotten(folder, tmp_path):
    save(folder, 4, 5)
    left = tmp_path / f".{newest(folder).name}.123.new"
    left.touch()
    (tmp_path / "mine.new").touch()
    folder.forget_after(4)
    assert folder.find_newest()[0].epoch == 4
    assert len(list(tmp_path.iterdir())) == 2

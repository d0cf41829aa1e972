"""Spoken words, as sound."""

import shutil
import tarfile

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from sklearn_mtl.datasets import fetch_speech_commands

WORDS = ["bed", "no", "yes"]
# Which speaker is in which part.
PARTS = {"anna": "train", "bob": "train", "cleo": "validation", "dan": "test"}


def fetch(home, **options):
    return fetch_speech_commands(
        data_home=home.parent, download_if_missing=False, **options
    )


@pytest.fixture
def folder(home):
    """Three words by four speakers; the k-th file of all has the values k + 1."""
    folder = home / "speech_commands_v0.02"
    lists = {"validation": [], "test": [], "train": []}
    for i, word in enumerate(WORDS):
        (folder / word).mkdir(parents=True)
        for j, (speaker, part) in enumerate(PARTS.items()):
            name = f"{word}/{speaker}_nohash_0.wav"
            sound = np.full(16000 - 100 * j, i * len(PARTS) + j + 1, np.int16)
            wavfile.write(folder / name, 16000, sound)
            lists[part].append(name)
    noise = folder / "_background_noise_"
    noise.mkdir()
    wavfile.write(noise / "rain.wav", 16000, np.ones(99999, np.int16))
    (folder / "validation_list.txt").write_text("\n".join(lists["validation"]) + "\n")
    (folder / "testing_list.txt").write_text("\n".join(lists["test"]) + "\n")
    return folder


def test_all(home, folder):
    speech = fetch(home)
    assert speech.data.shape == (12, 16000)
    assert speech.data.dtype == np.int16
    np.testing.assert_array_equal(speech.data[:, 0], np.arange(1, 13))
    np.testing.assert_array_equal(speech.target, np.repeat([0, 1, 2], 4))
    np.testing.assert_array_equal(speech.speaker, list(PARTS) * 3)
    assert speech.task_names == ["word"]
    assert speech.target_names == [WORDS]


def test_short_recordings_end_in_silence(home, folder):
    speech = fetch(home)
    for row, speaker in zip(speech.data, speech.speaker, strict=True):
        length = 16000 - 100 * list(PARTS).index(speaker)
        assert row[:length].all()
        assert not row[length:].any()


def test_long_recordings_are_cut_off(home, folder):
    sound = np.arange(20000, dtype=np.int16)
    wavfile.write(folder / "bed" / "anna_nohash_0.wav", 16000, sound)
    np.testing.assert_array_equal(fetch(home).data[0], sound[:16000])


def test_every_value_is_kept(home, folder):
    sound = np.linspace(-(2**15), 2**15 - 1, 16000).astype(np.int16)
    wavfile.write(folder / "bed" / "anna_nohash_0.wav", 16000, sound)
    np.testing.assert_array_equal(fetch(home).data[0], sound)


@pytest.mark.parametrize("subset", ["train", "validation", "test"])
def test_official_split(home, folder, subset):
    speech = fetch(home, subset=subset)
    assert set(speech.speaker) == {s for s, part in PARTS.items() if part == subset}
    assert set(speech.target) == {0, 1, 2}


def test_words_are_classes_in_their_order(home, folder):
    both = fetch(home)
    speech = fetch(home, words=["yes", "bed"])
    assert speech.target_names == [["yes", "bed"]]
    rows = np.concatenate([np.flatnonzero(both.target == word) for word in (2, 0)])
    np.testing.assert_array_equal(speech.data, both.data[rows])
    np.testing.assert_array_equal(speech.target, np.repeat([0, 1], 4))


def test_target_as_series(home, folder):
    X, y = fetch(home, return_X_y=True, as_frame=True)
    assert isinstance(y, pd.Series)
    assert y.name == "word"
    assert len(X) == len(y)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["yess"], r"got 'yess' \(did you mean 'yes'\?\)"),
        (["yes", "yes"], "a list of different words"),
        ([], "at least one"),
        ({"yes", "no"}, "whose order"),
        (frozenset(["yes"]), "whose order"),
        ("yes", "must be an array-like"),
        (["_background_noise_"], "a list of words among 'bed', 'no', 'yes'"),
    ],
)
def test_bad_words(home, folder, words, message):
    with pytest.raises(ValueError, match=message) as info:
        fetch(home, words=words)
    assert "The 'words' parameter of fetch_speech_commands" in str(info.value)


def test_archive_has_no_folder_around(home, folder):
    expected = fetch(home)
    with tarfile.open(home / "speech_commands_v0.02.tar.gz", "w:gz") as tar:
        tar.add(folder, ".")
    shutil.rmtree(folder)
    np.testing.assert_array_equal(fetch(home).data, expected.data)


@pytest.mark.parametrize("problem", ["truncated", "rate", "stereo"])
def test_bad_recording_is_named(home, folder, problem):
    path = folder / "no" / "bob_nohash_0.wav"
    match problem:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-100])
        case "rate":
            wavfile.write(path, 8000, np.zeros(8000, np.int16))
        case "stereo":
            wavfile.write(path, 16000, np.zeros((8000, 2), np.int16))
    with pytest.raises(OSError, match=f"fetch_speech_commands cannot use {path}"):
        fetch(home)
    assert len(fetch(home, words=["bed", "yes"]).data) == 8


def test_incomplete_folder(home, folder):
    path = folder / "no" / "dan_nohash_0.wav"
    path.unlink()
    with pytest.raises(OSError, match=r"missing: 'no/dan_nohash_0\.wav'"):
        fetch(home, subset="train")
    assert len(fetch(home, subset="train", words=["yes"]).data) == 2
    (folder / "testing_list.txt").unlink()
    with pytest.raises(OSError, match=r"testing_list\.txt, the official split"):
        fetch(home, subset="train", words=["yes"])


def test_hidden_files_are_no_recordings(home, folder):
    expected = fetch(home).data
    (folder / "no" / "._bob_nohash_0.wav").write_bytes(b"no sound")
    np.testing.assert_array_equal(fetch(home).data, expected)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"yes/\xff_nohash_0.wav", "can't decode"),
    ],
)
def test_bad_list(home, folder, content, reason):
    path = folder / "testing_list.txt"
    path.write_bytes(content)
    with pytest.raises(OSError, match=f"cannot use {path}.*{reason}"):
        fetch(home, subset="train")
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match=r"testing_list\.txt, the official split"):
        fetch(home, subset="train")


def test_file_in_place_of_the_folder(home):
    (home / "speech_commands_v0.02").touch()
    with pytest.raises(OSError, match=r"cannot use .*v0\.02, .*it is no folder"):
        fetch(home)


def test_folder_without_words(home):
    (home / "speech_commands_v0.02").mkdir()
    with pytest.raises(OSError, match="it has no folder of a word"):
        fetch(home)


def test_nothing_there(home):
    with pytest.raises(OSError, match="found no data") as info:
        fetch(home)
    assert str(home / "speech_commands_v0.02.tar.gz") in str(info.value)
    assert str(home / "speech_commands_v0.02 ") in str(info.value)
    assert "None" not in str(info.value)

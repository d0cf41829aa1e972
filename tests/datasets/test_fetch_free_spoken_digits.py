"""Spoken digits, as spectrograms."""

import tarfile

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from sklearn_mtl.datasets import fetch_free_spoken_digits

# The folders below hold a few recordings, which is told, and tested once.
pytestmark = pytest.mark.filterwarnings("ignore:.*of the 3000 recordings")

# Of the prepared file.
LOWEST, HIGHEST = -13.815510749816895, 4.370026111602783
SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]


def fetch(home, **options):
    return fetch_free_spoken_digits(
        data_home=home.parent, download_if_missing=False, **options
    )


@pytest.fixture
def recordings(home):
    """A folder with two digits by two speakers, a tone for each digit."""
    folder = home / "free-spoken-digit-dataset" / "recordings"
    folder.mkdir(parents=True)
    times = np.arange(6000) / 8000
    for digit, speaker, number in np.ndindex(2, 2, 7):
        tone = np.sin(2 * np.pi * 500 * (1 + digit) * times[: 3000 + 400 * number])
        name = f"{digit}_{['theo', 'george'][speaker]}_{number}.wav"
        wavfile.write(folder / name, 8000, (3000 * tone).astype(np.int16))
    return folder


def test_recordings(home, recordings):
    spoken = fetch(home)
    assert spoken.data.shape == (28, 40, 32)
    assert spoken.data.dtype == np.float32
    assert spoken.task_names == ["digit", "speaker"]
    assert spoken.target_names == [[str(digit) for digit in range(10)], SPEAKERS]
    names = [path.name.split("_") for path in sorted(recordings.glob("*.wav"))]
    expected = [[int(digit), SPEAKERS.index(speaker)] for digit, speaker, _ in names]
    np.testing.assert_array_equal(spoken.target, expected)


def test_spectrograms_show_the_tones(home, recordings):
    """The tone of digit 1 is the higher one, and silence is around both."""
    spoken = fetch(home)
    loudest = spoken.data[:, 20].argmax(axis=1)
    low, high = (np.unique(loudest[spoken.target[:, 0] == digit]) for digit in (0, 1))
    assert low.max() < high.min()
    np.testing.assert_allclose(spoken.data[:, [0, -1]], np.log(1e-6), atol=1e-5)


def test_official_split(home, recordings):
    assert [len(fetch(home, subset=part).data) for part in ("train", "test")] == [8, 20]
    both, test = fetch(home), fetch(home, subset="test")
    numbers = [int(p.stem.split("_")[2]) for p in sorted(recordings.glob("*.wav"))]
    rows = np.flatnonzero(np.array(numbers) < 5)
    np.testing.assert_array_equal(test.data, both.data[rows])
    np.testing.assert_array_equal(test.target, both.target[rows])


def test_new_speakers_come_after_the_known(home, recordings):
    wavfile.write(recordings / "3_anna_0.wav", 8000, np.ones(4000, np.int16))
    spoken = fetch(home)
    assert spoken.target_names[1] == [*SPEAKERS, "anna"]
    np.testing.assert_array_equal(spoken.target[-1], [3, 6])


def test_fewer_recordings_than_the_official_ones_are_told(home, recordings):
    with pytest.warns(UserWarning, match="found 28 of the 3000 recordings") as record:
        fetch(home, subset="test")
    assert str(recordings) in str(record[0].message)
    assert record[0].filename == __file__


def test_long_recordings_are_cut_off_at_the_end(home, recordings):
    """As in the prepared file, which holds their first second."""
    tone = (3000 * np.sin(np.pi / 8 * np.arange(8000))).astype(np.int16)
    noise = np.random.default_rng(0).integers(-3000, 3000, 4000, dtype=np.int16)
    wavfile.write(recordings / "2_theo_0.wav", 8000, tone)
    wavfile.write(recordings / "2_theo_1.wav", 8000, np.concatenate([tone, noise]))
    first, second = fetch(home).data[-2:]
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_loud_recordings_have_the_highest_value_of_the_prepared_file(home, recordings):
    tone = 32000 * np.sin(np.pi / 8 * np.arange(8000))
    wavfile.write(recordings / "2_theo_0.wav", 8000, tone.astype(np.int16))
    assert fetch(home).data[-1].max() == np.float32(HIGHEST)


def test_hidden_files_are_no_recordings(home, recordings):
    """macOS adds such files to archives and to disks."""
    expected = fetch(home).data
    (recordings / "._0_george_0.wav").write_bytes(b"no sound")
    np.testing.assert_array_equal(fetch(home).data, expected)


def test_archive(home, recordings):
    expected = fetch(home).data
    root = recordings.parent
    name = "free-spoken-digit-dataset-1.0.10"
    with tarfile.open(home / f"{name}.tar.gz", "w:gz") as tar:
        tar.add(root, name)
    root.rename(home / "elsewhere")
    np.testing.assert_array_equal(fetch(home).data, expected)
    assert root.is_dir()


@pytest.mark.parametrize(
    "problem", ["truncated", "rate", "stereo", "empty", "text", "folder"]
)
def test_bad_recording_is_named(home, recordings, problem):
    path = recordings / "0_theo_3.wav"
    match problem:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-100])
        case "rate":
            wavfile.write(path, 16000, np.zeros(4000, np.int16))
        case "stereo":
            wavfile.write(path, 8000, np.zeros((4000, 2), np.int16))
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("no sound")
        case "folder":
            path.unlink()
            path.mkdir()
    with pytest.raises(OSError, match=f"fetch_free_spoken_digits cannot use {path}"):
        fetch(home)


def test_file_of_another_name(home, recordings):
    (recordings / "noise.wav").touch()
    with pytest.raises(OSError, match=r"noise\.wav.*DIGIT_SPEAKER_NUMBER"):
        fetch(home)


def test_no_recordings(home):
    (home / "free-spoken-digit-dataset").mkdir()
    with pytest.raises(OSError, match="it has no recordings, subset 'train'"):
        fetch(home, subset="train")


def test_prepared_file_goes_first(home, recordings):
    X = np.arange(2 * 40 * 32).reshape(2, 40, 32).astype(np.uint8)
    np.savez(home / "fsdd.npz", X=X, Y=[[3, 0], [7, 5]], split=[2, 0])
    spoken = fetch(home, as_frame=True)
    assert spoken.data.dtype == np.float32
    lowest, highest = spoken.data[X == 0], spoken.data[X == 255]
    np.testing.assert_allclose(lowest, np.log(1e-6), rtol=1e-6)
    np.testing.assert_allclose(highest, 4.370026111602783, rtol=1e-6)
    frame = pd.DataFrame([[3, 0], [7, 5]], columns=["digit", "speaker"])
    pd.testing.assert_frame_equal(spoken.target, frame)
    assert fetch(home, subset="test").target.tolist() == [[3, 0]]


def test_prepared_values_that_are_no_bytes(home):
    np.savez(home / "fsdd.npz", X=np.zeros((1, 40, 32)), Y=[[3, 0]], split=[2])
    with pytest.raises(OSError, match=r"fsdd\.npz.*'X' .* float64, not bytes"):
        fetch(home)


def test_nothing_there(home):
    with pytest.raises(OSError, match="found no data") as info:
        fetch(home)
    assert str(home / "fsdd.npz") in str(info.value)
    assert str(home / "free-spoken-digit-dataset") in str(info.value)


def test_real_file(shared_data, shared_folder):
    arrays = shared_data("fsdd")
    train, test = (fetch_free_spoken_digits(subset=part) for part in ("train", "test"))
    assert train.data.shape == (2700, 40, 32)
    assert test.data.shape == (300, 40, 32)
    np.testing.assert_array_equal(test.target, arrays["Y"][arrays["split"] == 2])
    assert np.unique(test.target, axis=0).tolist() == [
        [digit, speaker] for digit in range(10) for speaker in range(6)
    ]


def test_real_recordings_give_the_prepared_spectrograms(
    home, shared_data, shared_folder, monkeypatch
):
    """But for the steps that those were rounded to."""
    numbers = shared_data("fsdd")["rec_index"]
    wavs = shared_folder / "fsdd_wav"
    if not wavs.is_dir():
        pytest.skip(f"{wavs} is absent")
    (home / "free-spoken-digit-dataset").mkdir()
    (home / "free-spoken-digit-dataset" / "recordings").symlink_to(wavs)
    prepared = fetch_free_spoken_digits()
    monkeypatch.delenv("SKLEARN_MTL_DATA")
    with pytest.warns(UserWarning, match="found 180 of the 3000 recordings"):
        computed = fetch(home)

    names = [path.stem.split("_") for path in sorted(wavs.glob("*.wav"))]
    keys = [(int(d), SPEAKERS.index(s), int(k)) for d, s, k in names]
    labels = np.column_stack([prepared.target, numbers]).tolist()
    rows = {tuple(label): row for row, label in enumerate(labels)}
    expected = prepared.data[[rows[key] for key in keys]]
    half_a_step = (HIGHEST - LOWEST) / 255 / 2
    np.testing.assert_allclose(computed.data, expected, rtol=0, atol=half_a_step + 1e-4)

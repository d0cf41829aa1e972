"""Spectrograms against scipy, against closed forms and against prepared real data."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.feature_extraction import LogMelSpectrogram, read_wav
from sklearn_mtl.feature_extraction._mel_filters import mel_filters

DATA = Path(
    os.environ.get("SKLEARN_MTL_DATA") or Path(__file__).parents[3] / "shared" / "data"
)
TONES = LogMelSpectrogram(sample_rate=8000, n_fft=64, hop_length=40, n_mels=6)


@pytest.fixture
def sounds():
    rng = np.random.default_rng(0)
    return (rng.uniform(-1, 1, (5, 800)) * [[1], [0.1], [0.01], [0], [1]]).astype("f4")


def triangle(frequency, left, centre, right):
    """Return how much of a frequency is in a band, one number at a time."""
    if left < frequency <= centre:
        return (frequency - left) / (centre - left)
    if centre < frequency < right:
        return (right - frequency) / (right - centre)
    return 0.0


def spectrogram_by_scipy(samples, n_frames, sample_rate, n_fft, hop, n_mels, limits):
    """Return the log-mel spectrogram of samples that fill all frames."""
    window = np.hanning(n_fft)
    frequencies, _, spectrum = scipy.signal.stft(
        np.pad(samples.astype(float), (n_fft // 2, n_fft)),
        sample_rate,
        window,
        nperseg=n_fft,
        noverlap=n_fft - hop,
        boundary=None,
        padded=False,
    )
    power = np.abs(spectrum[:, :n_frames] * window.sum()) ** 2
    low, high = (2595 * np.log10(1 + f / 700) for f in limits)
    corners = [
        700 * (10 ** ((low + (high - low) * i / (n_mels + 1)) / 2595) - 1)
        for i in range(n_mels + 2)
    ]
    bank = [
        [triangle(f, *corners[b : b + 3]) for f in frequencies] for b in range(n_mels)
    ]
    return np.log(np.array(bank) @ power + 1e-6).T


@pytest.mark.parametrize(
    ("sample_rate", "n_fft", "hop", "n_mels", "limits"),
    [
        (8000, 64, 40, 6, (60, 4000)),
        (16000, 128, 100, 10, (0, 8000)),
        (8000, 63, 20, 5, (300, 3000)),
        (22050, 256, 100, 20, (20, 11025)),
    ],
)
def test_scipy(sounds, sample_rate, n_fft, hop, n_mels, limits):
    n_frames = sounds.shape[1] // hop
    found = LogMelSpectrogram(
        sample_rate=sample_rate,
        n_fft=n_fft,
        hop_length=hop,
        n_mels=n_mels,
        f_min=limits[0],
        f_max=limits[1],
    ).fit_transform(sounds[:, : n_frames * hop])
    expected = [
        spectrogram_by_scipy(
            row[: n_frames * hop], n_frames, sample_rate, n_fft, hop, n_mels, limits
        )
        for row in sounds
    ]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_spoken_digits(shared_data):
    """Every number of the prepared file comes out of the recordings by the defaults."""
    prepared = shared_data("fsdd")
    card = json.loads((DATA / "fsdd.json").read_text("utf-8"))
    low, high = card["quant"]["lo"], card["quant"]["hi"]
    speakers = card["tasks"][1]["classes"]
    labels = [
        (digit, speakers[speaker], recording)
        for (digit, speaker), recording in zip(
            prepared["Y"], prepared["rec_index"], strict=True
        )
    ]
    paths = [
        DATA / "fsdd_wav" / f"{digit}_{speaker}_{recording}.wav"
        for digit, speaker, recording in labels
    ]
    rows = [i for i, path in enumerate(paths) if path.is_file()]
    if not rows:
        pytest.skip("the recordings are absent")

    recordings = [read_wav(paths[i], sample_rate=8000) for i in rows]
    found = LogMelSpectrogram(n_frames=40).fit_transform(recordings)

    levels = np.rint((found.clip(low, high) - low) / (high - low) * 255)
    assert len(rows) >= 100
    assert max(map(len, recordings)) > 8000 > min(map(len, recordings))
    assert np.abs(levels - prepared["X"][rows]).max() <= 1
    assert np.mean(levels != prepared["X"][rows]) < 1e-3


@pytest.mark.parametrize("band", range(6))
def test_a_tone_is_in_its_band(band):
    low, high = (2595 * np.log10(1 + f / 700) for f in (60, 4000))
    mel = low + (high - low) * (band + 1) / 7
    frequency = 700 * (10 ** (mel / 2595) - 1)
    tone = np.sin(2 * np.pi * frequency * np.arange(800) / 8000)
    assert (TONES.transform([tone])[0, 1:-1].argmax(axis=1) == band).all()


def test_silence_is_the_offset():
    found = clone(TONES).set_params(log_offset=0.01).fit_transform(np.zeros((2, 100)))
    np.testing.assert_allclose(found, np.log(0.01), rtol=1e-6)


def test_twice_as_loud_adds_log_four(sounds):
    quiet = clone(TONES).set_params(log_offset=1e-30)
    difference = quiet.fit_transform(sounds[:2]) - quiet.fit_transform(sounds[:2] / 2)
    np.testing.assert_allclose(difference, np.log(4), rtol=1e-4)


def test_a_delay_of_one_hop_is_a_delay_of_one_frame(sounds):
    row = sounds[0]
    later = np.concatenate([np.zeros(40, "f4"), row])
    found = clone(TONES).set_params(n_frames=30, crop="end")
    centred = [np.pad(x, (0, 1200 - len(x))) for x in (row, later)]
    first, second = found.fit_transform(centred)
    np.testing.assert_allclose(first[:-1], second[1:], atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=6),
    n_frames=st.none() | st.integers(1, 30),
    crop=st.sampled_from(["end", "both"]),
)
def test_each_recording_by_itself(lengths, n_frames, crop):
    """A list gives what each recording gives once it is padded or cut by hand."""
    rng = np.random.default_rng(len(lengths))
    recordings = [rng.uniform(-1, 1, n).astype("f4") for n in lengths]
    transformer = clone(TONES).set_params(n_frames=n_frames, crop=crop)
    found = transformer.fit_transform(recordings)

    k = n_frames or -(-max(lengths) // 40)
    assert transformer.n_frames_ == k
    assert found.shape == (len(lengths), k, 6)
    for recording, rows in zip(recordings, found, strict=True):
        surplus = len(recording) - 40 * k
        first = surplus // 2 if crop == "both" and surplus > 0 else 0
        whole = recording[first : first + 40 * k]
        before = max(-surplus, 0) // 2
        whole = np.pad(whole, (before, 40 * k - before - len(whole)))
        np.testing.assert_allclose(
            transformer.transform([whole])[0],
            rows,
            atol=1e-5,
        )


@settings(deadline=None, max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=4),
    n_fft=st.integers(16, 64),
    hop_length=st.integers(1, 400),
    n_frames=st.none() | st.integers(1, 30),
    crop=st.sampled_from(["end", "both"]),
)
def test_frames_may_overlap_or_lie_apart(lengths, n_fft, hop_length, n_frames, crop):
    """Each frame is what the definition says, computed by hand."""
    rng = np.random.default_rng(0)
    recordings = [rng.uniform(-1, 1, n).astype("f4") for n in lengths]
    found = LogMelSpectrogram(
        n_fft=n_fft, hop_length=hop_length, n_mels=2, n_frames=n_frames, crop=crop
    ).fit_transform(recordings)

    n_frames = n_frames or -(-max(lengths) // hop_length)
    bank = mel_filters(8000, n_fft, 2, 60, 4000)
    for recording, frames in zip(recordings, found, strict=True):
        surplus = len(recording) - n_frames * hop_length
        first = surplus // 2 if crop == "both" and surplus > 0 else 0
        kept = recording[first : first + n_frames * hop_length]
        before = max(-surplus, 0) // 2 + n_fft // 2
        whole = np.pad(kept, (before, n_frames * hop_length + n_fft))
        starts = hop_length * np.arange(n_frames)
        pieces = np.array([whole[start : start + n_fft] for start in starts])
        power = np.abs(np.fft.rfft(pieces * np.hanning(n_fft))) ** 2
        np.testing.assert_allclose(frames, np.log(power @ bank.T + 1e-6), atol=2e-3)


@pytest.mark.parametrize(
    ("params", "lengths"),
    [
        ({"hop_length": 300}, [20]),
        ({"hop_length": 1000}, [900, 500]),
        ({"hop_length": 400, "n_frames": 1}, [100]),
    ],
)
def test_a_short_recording_may_lie_between_two_frames(params, lengths):
    transformer = LogMelSpectrogram(n_fft=256, **params)
    found = transformer.fit_transform([np.ones(length) for length in lengths])
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[-1, 0], np.log(1e-6), rtol=1e-6)


def test_kinds_of_numbers(sounds):
    expected = TONES.transform(sounds)
    as_int16 = np.rint(sounds * 32767).astype(np.int16)
    scaled = TONES.transform(as_int16 / np.float32(32768))
    for same in (as_int16, as_int16.astype(np.int64), as_int16.tolist()):
        np.testing.assert_array_equal(TONES.transform(same), scaled)
    as_int32 = np.rint(sounds.astype(float) * (2**31 - 1)).astype(np.int32)
    for close in (sounds.astype(float), as_int32, list(sounds), tuple(sounds)):
        np.testing.assert_allclose(TONES.transform(close), expected, atol=1e-3)
    as_objects = np.empty(5, dtype=object)
    as_objects[:] = list(sounds)
    np.testing.assert_array_equal(TONES.transform(as_objects), expected)
    as_uint8 = np.full((1, 400), 128, dtype=np.uint8)
    np.testing.assert_allclose(TONES.transform(as_uint8), np.log(1e-6), rtol=1e-6)


def test_input_is_not_modified(sounds):
    before = sounds.copy()
    TONES.transform(sounds)
    np.testing.assert_array_equal(sounds, before)


def test_the_least_offset_makes_finite_numbers_of_silence():
    least = float(np.finfo(np.float32).tiny)
    found = clone(TONES).set_params(log_offset=least).fit_transform(np.zeros((1, 99)))
    np.testing.assert_allclose(found, np.log(least), rtol=1e-6)


def test_a_loud_recording_in_a_later_block_is_named(monkeypatch, sounds):
    module = "sklearn_mtl.feature_extraction._log_mel_spectrogram._BLOCK_SIZE"
    monkeypatch.setattr(module, 2000)
    sounds[4] = 1e30
    with pytest.raises(ValueError, match=r"too loud .* recording 4"):
        TONES.transform(sounds)


def test_many_recordings_are_transformed_in_blocks(monkeypatch, sounds):
    expected = TONES.transform(sounds)
    module = "sklearn_mtl.feature_extraction._log_mel_spectrogram._BLOCK_SIZE"
    monkeypatch.setattr(module, 2000)
    np.testing.assert_allclose(TONES.transform(sounds), expected, atol=1e-5)


def test_new_recordings_get_the_frames_of_fit(sounds):
    transformer = clone(TONES).fit([sounds[0, :400], sounds[1, :200]])
    assert transformer.n_frames_ == 10
    assert transformer.transform(list(sounds)).shape == (5, 10, 6)
    assert TONES.transform(list(sounds)).shape == (5, 20, 6)
    assert pickle.loads(pickle.dumps(transformer)).n_frames_ == 10


@parametrize_with_checks([clone(TONES)])
def test_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"f_max": 5000},
            r"'f_max' .* at most half the sample rate \(4000 Hz\), got 5",
        ),
        ({"f_min": 4000}, "'f_min' .* below 4000 Hz, got 4000"),
        ({"n_fft": 1}, "'n_fft'"),
        ({"hop_length": 0}, "'hop_length'"),
        ({"n_mels": 0}, "'n_mels'"),
        ({"n_frames": 0}, "'n_frames'"),
        ({"log_offset": 0.0}, "'log_offset'"),
        ({"log_offset": 1e-50}, "'log_offset'"),
        ({"log_offset": 1e50}, "'log_offset'"),
        ({"sample_rate": -1}, "'sample_rate'"),
        ({"crop": "middle"}, "'crop'"),
    ],
)
def test_bad_parameters(sounds, params, message):
    transformer = clone(TONES).set_params(**params)
    for method in (transformer.fit, transformer.transform):
        with pytest.raises(ValueError, match=message):
            method(sounds)


def test_bands_without_a_frequency_are_told(sounds):
    with pytest.warns(UserWarning, match=r"bands between two frequencies.*'n_mels'"):
        clone(TONES).set_params(n_mels=64).fit(sounds)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "0 sample"),
        ([np.ones(10), np.ones((10, 2))], r"shape \(10, 2\) .* as number 1"),
        ([np.ones(10), np.ones(0)], r"shape \(0,\) .* as number 1"),
        ([np.ones(10), np.array(["a"])], "as number 1"),
        ([np.ones(9), np.array([1.0, np.nan])], "NaN or infinity in recording 1"),
        (np.ones(10), "Expected 2D array, got 1D array"),
        (np.ones((2, 10, 2)), "dim 3"),
        (np.full((2, 10), np.nan), "contains NaN"),
        (np.full((2, 10), 2**20), "loudest value is not known"),
        ([np.ones(10), np.full(10, np.iinfo(np.int64).min)], "got int64"),
        ([np.ones(10, dtype=np.uint16)], "got uint16"),
        ([np.ones(99), np.full(99, 1e19)], "too loud .* recording 1"),
        ([np.ones(99), np.full(99, 1e300)], "too loud .* recording 1"),
    ],
)
def test_bad_recordings(X, message):
    with pytest.raises(ValueError, match=message):
        clone(TONES).fit_transform(X)

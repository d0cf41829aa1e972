"""Reading recordings: every kind of number, and every kind of broken file."""

import struct
import warnings

import numpy as np
import pytest
from scipy.io import wavfile

from sklearn_mtl.feature_extraction import read_wav

SOUND = np.array([0.0, 0.5, -0.5, 0.25, -1.0])


@pytest.fixture
def write(tmp_path):
    """A function: samples -> path of a wav file."""

    def write_file(samples, rate=8000):
        path = tmp_path / "sound.wav"
        wavfile.write(path, rate, np.asarray(samples))
        return path

    return write_file


@pytest.mark.parametrize(
    "samples",
    [
        (SOUND * 128 + 128).astype(np.uint8),
        (SOUND * 2**15).astype(np.int16),
        (SOUND * 2**31).astype(np.int32),
        SOUND.astype(np.float32),
        SOUND.astype(np.float64),
    ],
    ids=lambda samples: samples.dtype.name,
)
def test_every_kind_of_number_is_scaled_to_one(write, samples):
    read = read_wav(write(samples), sample_rate=8000)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, SOUND.astype(np.float32))


@pytest.fixture
def write_24_bits(tmp_path):
    """A function: what comes behind the sound -> path of a wav file of 24 bits."""

    def write_file(after=b""):
        values = (SOUND * 2**23).astype(int).tolist()
        sound = b"".join(v.to_bytes(3, "little", signed=True) for v in values)
        form = struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, 24)
        chunks = b"fmt " + struct.pack("<I", 16) + form
        chunks += b"data" + struct.pack("<I", len(sound)) + sound + b"\0" + after
        size = struct.pack("<I", 4 + len(chunks))
        path = tmp_path / "sound.wav"
        path.write_bytes(b"RIFF" + size + b"WAVE" + chunks)
        return path

    return write_file


def test_24_bits(write_24_bits):
    np.testing.assert_array_equal(read_wav(write_24_bits()), SOUND.astype(np.float32))


@pytest.mark.parametrize("after", [b"", b"note" + struct.pack("<I", 3) + b"abc\0"])
def test_the_byte_that_makes_a_length_even_may_lack_at_the_end(write_24_bits, after):
    path = write_24_bits(after)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    np.testing.assert_array_equal(read_wav(path), SOUND.astype(np.float32))
    path.write_bytes(content[:-2])
    with pytest.raises(ValueError, match="is truncated"):
        read_wav(path)


@pytest.mark.parametrize("order", ["<", ">"])
def test_64_bit_integers(write, order):
    path = write(np.arange(5).astype(f"{order}i8"))
    with pytest.raises(ValueError, match=r"sound\.wav' has integers of 64 bits"):
        read_wav(path)


def test_other_chunks_are_skipped_in_silence(write):
    path = write((SOUND * 2**15).astype(np.int16))
    content = path.read_bytes()
    note = b"note" + struct.pack("<I", 3) + b"abc\0"
    size = struct.pack("<I", len(content) + len(note) - 8)
    path.write_bytes(b"RIFF" + size + b"WAVE" + note + content[12:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_wav(path), SOUND.astype(np.float32))


def test_path_may_be_text_and_any_rate_is_taken_unless_one_is_asked_for(write):
    path = write(SOUND, rate=44100)
    np.testing.assert_array_equal(read_wav(str(path)), read_wav(path))


@pytest.mark.parametrize("kept", [4, 11, 12, 20, 30, 43, 44, 45, 46, 60, 143, 242, 243])
def test_truncated(write, kept):
    """Wherever the file breaks off, also where scipy reads on in silence."""
    path = write(np.arange(100, dtype=np.int16))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"sound\.wav' is (truncated|not a wav file)"):
        read_wav(path)


def test_truncated_big_file_of_which_the_first_size_is_unknown(write):
    path = write(np.arange(100, dtype=np.int16))
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\0\0\0\0" + content[8:100])
    with pytest.raises(ValueError, match="is truncated: it has 100 of 244 bytes"):
        read_wav(path)


def test_other_rate(write):
    with pytest.raises(ValueError, match=r"16000 samples per second, not 8000: resamp"):
        read_wav(write(SOUND, rate=16000), sample_rate=8000)


@pytest.mark.parametrize("sample_rate", [0, -8000, np.nan, np.inf, "8000", True])
def test_bad_rate(write, sample_rate):
    message = "'sample_rate' parameter of read_wav must be None or a positive number"
    with pytest.raises(ValueError, match=message):
        read_wav(write(SOUND), sample_rate=sample_rate)


def test_stereo(write):
    with pytest.raises(ValueError, match="has 2 channels, not one"):
        read_wav(write(np.column_stack([SOUND, SOUND])))


def test_no_sound(write):
    with pytest.raises(ValueError, match="has no sound"):
        read_wav(write(np.array([], dtype=np.int16)))


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e300])
def test_not_finite_as_float32(write, value):
    with pytest.raises(ValueError, match="samples that are NaN or infinite"):
        read_wav(write(np.array([0.0, value])))


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file '.*absent\.wav'"):
        read_wav(tmp_path / "absent.wav")
    with pytest.raises(FileNotFoundError, match="no file"):
        read_wav(tmp_path)


@pytest.mark.parametrize("content", [b"", b"text", b"ID3" + bytes(1000), bytes(500)])
def test_not_a_wav_file(tmp_path, content):
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"song\.wav' is (empty|not a wav file)"):
        read_wav(path)


def test_compressed_sound(write):
    path = write((SOUND * 2**15).astype(np.int16))
    content = bytearray(path.read_bytes())
    content[20:22] = struct.pack("<H", 7)  # mu-law
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot be read as wav: .*MULAW"):
        read_wav(path)


def read_or_error(path):
    try:
        return read_wav(path)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("position", range(44))
@pytest.mark.parametrize("value", [0, 255])
def test_a_damaged_header_is_a_clear_error_or_harmless(write, position, value):
    path = write((SOUND * 2**15).astype(np.int16))
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(content)
    match read_or_error(path):
        case str(message):
            assert "sound.wav" in message
        case samples:
            assert samples.ndim == 1
            assert samples.dtype == np.float32

"""Features of sound: reading recordings, and what networks take of them."""

from ._log_mel_spectrogram import LogMelSpectrogram
from ._read_wav import read_wav

__all__ = ["LogMelSpectrogram", "read_wav"]

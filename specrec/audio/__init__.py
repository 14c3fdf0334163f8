"""Turns files into waveforms: decoding, mixing, resampling, windows. No mel, no model.

`loading.load` turns any file that libsndfile or FFmpeg reads into a mono float32 `Waveform` at
a given rate, or raises `AudioError` with a reason code.
"""

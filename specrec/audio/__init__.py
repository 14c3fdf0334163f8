"""Files to waveforms: decoding, mono, resampling, windows. No mel, no model.

`loading.load` turns any file that libsndfile or FFmpeg reads into a mono float32 `Waveform` at
the rate one asks for, or raises `AudioError` with a reason code.
"""

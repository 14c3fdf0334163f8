"""Music with planted truth: tracks whose tempo, key, brightness and more are known exactly.

`write_library` fills a folder with tagged tracks and their truth; `draw_piece` and `render`
make one; the signals are simpler still.
"""

from specrec.synthesis.library import write_library
from specrec.synthesis.piece import Piece, draw_piece
from specrec.synthesis.rendering import render
from specrec.synthesis.signals import cadence, chord, click_track, sweep, tone, white_noise
from specrec.synthesis.styles import STYLES, Style

__all__ = [
    "STYLES",
    "Piece",
    "Style",
    "cadence",
    "chord",
    "click_track",
    "draw_piece",
    "render",
    "sweep",
    "tone",
    "white_noise",
    "write_library",
]

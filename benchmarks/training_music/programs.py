"""The programs that make the sounds: fluidsynth with a sound font, and espeak-ng."""

import shutil
import subprocess
from pathlib import Path

from specrec.errors import SpecrecError

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
TIMEOUT_SECONDS = 120


class ProgramError(SpecrecError):
    """A program that this needs is missing or failed."""


def check_programs(sound_font: Path) -> None:
    """Makes sure that everything is there.

    Raises:
        ProgramError: If something is missing; the message says which and how to get it.
    """
    for program in ("fluidsynth", "espeak-ng"):
        if shutil.which(program) is None:
            raise ProgramError(f"{program} is missing; on Debian: apt install {program}")
    if not sound_font.is_file():
        raise ProgramError(
            f"{sound_font}: no such sound font; on Debian: apt install fluid-soundfont-gm, "
            "or name another with --sound-font"
        )


def run_program(*command: str) -> bytes:
    """Runs a program and returns what it prints.

    Raises:
        ProgramError: If it fails or takes too long.
    """
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=True)
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{command[0]} took longer than {TIMEOUT_SECONDS} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or b""
        reason = said.decode(errors="replace").strip().splitlines()[-1:] or [str(error)]
        raise ProgramError(f"{command[0]}: {reason[0]}") from error
    return done.stdout

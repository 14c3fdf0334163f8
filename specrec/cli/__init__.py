"""The `specrec` command. A command is imported when it is asked for, what it needs when it runs."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence

import click

from specrec.cli.app import app
from specrec.cli.usage import print_usage_error
from specrec.errors import SpecrecError
from specrec.printing import say_error, write_any_text
from specrec.stopping import exit_code, stoppable

__all__ = ["app", "main"]

_OBJECTS = 100_000  # more that there are before garbage is looked for: a query loads 70,000


def _start_fast() -> None:
    """Saves a third of the time in which a short command loads what it needs, and ends."""
    # Loaded modules are no garbage; in looking through them time and again, also at the end, much
    # of a short command's time would go.
    gc.set_threshold(_OBJECTS)
    atexit.register(_end_fast)
    # NumPy's idle threads would keep every core busy for a while, also after it is loaded.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")


def _end_fast() -> None:
    if not {"torch", "soxr"} & sys.modules.keys():  # they would report what is not cleaned up
        gc.freeze()


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command; an error that a user can fix is printed as one line, with exit code 2.

    Args:
        arguments: The arguments after the name of the program; by default those of the process.
    """
    write_any_text()
    _start_fast()
    try:
        with stoppable():
            sys.exit(app(arguments, prog_name="specrec", standalone_mode=False))
    except click.UsageError as error:
        print_usage_error(error)
        sys.exit(error.exit_code)
    except (SpecrecError, OSError) as error:
        say_error(error)
        sys.exit(2)
    except click.Abort as error:  # for Ctrl-C, and for Ctrl-D at a prompt
        if isinstance(error.__cause__, EOFError):  # of a file that ends too early
            raise
        sys.exit(exit_code(error.__context__))
    except KeyboardInterrupt as error:  # outside of Click
        sys.exit(exit_code(error))

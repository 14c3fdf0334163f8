"""The `specrec` command. What a command needs is imported when it runs."""

import sys

from specrec.cli import (
    asking,
    demo,
    features,
    libraries,
    measuring,
    models,
    page,
    pictures,
    plot,
    study,
)
from specrec.cli.app import app
from specrec.errors import SpecrecError
from specrec.printing import say_error, write_any_text
from specrec.stopping import stoppable

__all__ = [
    "app",
    "asking",
    "demo",
    "features",
    "libraries",
    "main",
    "measuring",
    "models",
    "page",
    "pictures",
    "plot",
    "study",
]


def main() -> None:
    """Runs the command; an error that a user can mend is one line and exit code 2."""
    write_any_text()
    try:
        with stoppable():
            app()
    except (SpecrecError, OSError) as error:
        say_error(error)
        sys.exit(2)

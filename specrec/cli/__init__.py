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
from specrec.errors import SpecrecError, message_of
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
    try:
        with stoppable():
            app()
    except (SpecrecError, OSError) as error:
        print(f"error: {message_of(error)}", file=sys.stderr)
        sys.exit(2)

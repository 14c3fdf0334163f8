"""Rich's console and its `escape`, for words that come from files."""

from typing import Any

import rich.console
import rich.markup
from rich.text import Text

from specrec.printing import visible


class Console(rich.console.Console):  # noqa: TID251
    """A console whose text can't move the cursor; `:cat:` in a title stays what it is."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(highlight=False, emoji=False, **settings)

    def render_str(self, text: str, **settings: Any) -> Text:
        """Renders as rich does, but controls that were not escaped are made visible too."""
        return super().render_str("\n".join(map(visible, text.split("\n"))), **settings)


def escape(text: str) -> str:
    """A text from a file for use between markup: on one line, and no markup itself."""
    return rich.markup.escape(visible(text))  # noqa: TID251

"""What became of a folder of spectrograms, on the terminal and as JSON."""

import json
from dataclasses import asdict
from pathlib import Path

from specrec.printing import counted
from specrec.report.console import Console, escape
from specrec.report.skipped import print_skipped
from specrec.report.spectrograms import Drawing, Rendering


def print_rendering(rendering: Rendering, output: Path, ignored: int) -> None:
    """Says what became of a folder, and lists the files without a picture."""
    console = Console()
    parts = [
        counted(len(rendering.pictures), "picture"),
        f"{rendering.drawn} drawn now",
        f"{len(rendering.skipped)} skipped",
    ]
    if ignored:
        parts.append(f"{counted(ignored, 'other file')} ignored")
    console.print(f"[bold]{escape(str(output))}[/]: {', '.join(parts)}")
    print_skipped(console, rendering.skipped)


def rendering_json(rendering: Rendering, output: Path, drawing: Drawing) -> str:
    """A JSON document: format_version, output, how it was drawn, pictures, skipped files."""
    document = {
        "format_version": 1,
        "output": str(output),
        "drawing": asdict(drawing),
        "drawn": rendering.drawn,
        "kept": len(rendering.pictures) - rendering.drawn,
        "pictures": [{"path": path, "picture": name} for path, name in rendering.pictures.items()],
        "skipped": [asdict(item) for item in rendering.skipped],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)

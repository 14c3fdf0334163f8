"""Files that were embedded without a library, on the terminal."""

from specrec.index.embedding_table import EmbeddedFiles
from specrec.printing import counted
from specrec.report.console import Console, escape
from specrec.report.libraries import print_skipped


def print_embedded_files(report: EmbeddedFiles, output: str) -> None:
    """Says how many files were embedded, and lists those left out."""
    console = Console(soft_wrap=True)
    print_skipped(report.skipped)
    parts = [f"{counted(report.rows, 'embedding')} of {counted(report.files, 'file')}"]
    if report.unmeasured:
        parts.append(f"{report.unmeasured} without measured features")
    if report.skipped:
        parts.append(f"{len(report.skipped)} skipped")
    console.print(f"[bold]{escape(output)}[/]: {', '.join(parts)}")

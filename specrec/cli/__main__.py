"""`python -m specrec.cli` is the `specrec` command."""

from specrec.cli import main

main()

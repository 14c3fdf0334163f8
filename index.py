"""The same as `specrec index`: python index.py audio=MUSIC library=LIBRARY."""

import sys

if __name__ == "__main__":
    # Not at the top: processes that this one spawns import this file too.
    from specrec.cli import main

    main(["index", *sys.argv[1:]])

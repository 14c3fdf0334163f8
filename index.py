"""The same as `specrec index`: python index.py audio=MUSIC library=LIBRARY."""

import sys

if __name__ == "__main__":
    # Not at the top: each decoding process imports this file too.
    from specrec.cli import main

    main(["index", *sys.argv[1:]])

"""The same as `specrec train`: python train.py data.audio=MUSIC, or +experiment=smoke."""

import sys

if __name__ == "__main__":
    # Not at the top: processes that this one spawns import this file too.
    from specrec.cli import main

    main(["train", *sys.argv[1:]])

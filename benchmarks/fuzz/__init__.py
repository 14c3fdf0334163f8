"""Does specrec trust a file? Hostile audio, damaged libraries, kills and full disks.

    python -m benchmarks.fuzz audio --cases 300 --seed 0
    python -m benchmarks.fuzz library --cases 60
    python -m benchmarks.fuzz kill --cases 40
    python -m benchmarks.fuzz disk --cases 40

Each prints a Markdown table, every column of which but the first two should be 0, then each kind of
fault once, with the number of a case that shows it: `--only NUMBER` repeats that case alone, and
`--keep FOLDER` leaves its files there. Case n of a seed is always the same, however many are made.
What a run has found so far is printed every minute on a terminal, and when it is stopped.
"""

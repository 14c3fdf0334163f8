"""A library as one page of HTML: gathered, and rendered into a file that needs no network."""

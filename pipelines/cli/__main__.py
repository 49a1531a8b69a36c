"""`python -m pipelines.cli` is `gong-elt`."""

from pipelines.cli import main

main()

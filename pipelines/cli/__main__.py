"""`python -m pipelines.cli` is `gong-elt`."""

from pipelines.cli import main

if __name__ == "__main__":
    main()

"""Writes what is generated of the documentation, so that it cannot say something else.

`python -m pipelines.docs` rewrites the committed part: the README's lists, the contracts in
`warehouse/contracts`, a page per table in `docs/tables`, the diagrams in `docs/schema.md`, dbt's
list of sources; and it makes the pages for a browser in `build/docs`. Given the path of a warehouse
it also builds dbt's pages of the models there.
"""

"""Generates the documents that follow from the source's tables, so that they cannot contradict it.

`python -m pipelines.docs` writes the committed part: the contracts in `warehouse/contracts`, a page
per table in `docs/tables`, the diagrams in `docs/schema.md`, the operations in
`docs/operations.md`, dbt's list of sources. It also renders the documents for a browser into
`build/docs`; given the path of a warehouse, with dbt's page of the models.
"""

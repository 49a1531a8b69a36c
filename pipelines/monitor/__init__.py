"""Reports how things are: what a key can do, what runs have read, what looks wrong.

`check` tries the scopes of a key; `status` prints the facts that `status_facts` stored at the end
of each run. During a run, `run_counts` counts what is read, `schema_drift` records changes of
Gong's answers, and `deletion_alarms` stores deletions that a person must review.
"""

"""Takes a person out of the warehouse file: finds, deletes, masks, and writes the file again.

Knows tables and texts, no API: the caller's `DataMap` says which columns are personal, its
`PersonMatcher` what of a text names the person.
"""

"""`gong-elt api`: any one operation of Gong's API from the command line.

`inputs` reads the command line, `call` sends the request, `help` describes operations. Everything
known of an operation is declared in its row (`sources.gong.api.operations`).
"""

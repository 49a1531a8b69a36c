"""The heavy parts of a call, made on demand: parties, content, transcript."""

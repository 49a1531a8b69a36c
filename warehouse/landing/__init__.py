"""How a load package gets from dlt's files into the warehouse."""

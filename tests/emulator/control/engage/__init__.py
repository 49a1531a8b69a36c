"""Truth and changes of Engage."""

"""Truth and changes of reviews and activities."""

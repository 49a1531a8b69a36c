"""Call skeletons: the cheap facts of every call, in order of time."""

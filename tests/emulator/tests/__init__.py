"""The emulator's own tests; they start emulators as processes."""

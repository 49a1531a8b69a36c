"""The emulator's clock, instants and their text forms, and actions due later."""

"""How fast and how small: measured, never asserted. README.md says how to run and read it."""

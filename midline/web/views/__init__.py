"""Pages of web."""

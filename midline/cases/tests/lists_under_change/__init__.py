"""Lists under change: people act at random, and after each act every reader's list is held against a plain recomputation."""

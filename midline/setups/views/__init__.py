"""Pages and files of treatment setups."""

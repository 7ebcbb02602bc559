"""Writes on treatment setups: imports, versions, and (in decisions) what is decided on them."""

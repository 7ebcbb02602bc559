"""Dental models: read, check, match, take apart, pack, measure. No Django, nothing of the portal; see README.md."""

"""Dental models made by computation: `generate` makes the compact data beside it, `expand` turns that into what a lab would send."""

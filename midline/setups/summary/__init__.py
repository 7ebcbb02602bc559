"""The treatment summary of a published version, as a PDF: facts.py says what it holds, paper.py lays it out, charts.py draws the teeth."""

from midline.setups.summary.facts import summary_of
from midline.setups.summary.paper import render

__all__ = ["render", "summary_of"]

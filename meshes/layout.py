"""Which of the three layouts of meshes.md an export has. One that is not read gets a plain refusal with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from meshes import names
from meshes.matching import Proposal
from meshes.names import TOOTH
from meshes.shapes import Shape

TOOTH_PER_FILE: Final = 1
ARCH_SAME_ORDER: Final = 2
ARCH_MESHED_ANEW: Final = 3
READ_NOW: Final = frozenset({TOOTH_PER_FILE, ARCH_SAME_ORDER, ARCH_MESHED_ANEW})
"""The layouts that `building` makes a version of."""

ANEW_SHARE: Final = 0.6
"""With no more vertex orders than this share of its stages an arch is not meshed anew at each."""

SAME_ORDER_REMEDY: Final = "Export with the same vertex order at every stage."


def classify(proposals: Sequence[Proposal], shapes: Mapping[str, Shape]) -> tuple[int, str | None]:
    """(layout, refusal): the refusal is None for a layout that is read, else sentences with what was found and what to export instead."""
    if any(proposal.part == TOOTH for proposal in proposals):
        return TOOTH_PER_FILE, None
    for arch in (names.UPPER, names.LOWER):
        refusal = meshed_anew([p for p in proposals if p.arch == arch and p.stage is not None and p.name in shapes], shapes)
        if refusal:
            return ARCH_MESHED_ANEW, None if ARCH_MESHED_ANEW in READ_NOW else refusal
    return ARCH_SAME_ORDER, None


def meshed_anew(proposals: Sequence[Proposal], shapes: Mapping[str, Shape]) -> str | None:
    """The sentences for an arch whose stages do not share one vertex order, or None."""
    ordered = sorted(proposals, key=lambda proposal: proposal.stage or 0)
    if len(ordered) < 2:
        return None
    if len({shapes[proposal.name].series for proposal in ordered}) <= ANEW_SHARE * len(ordered):
        return None  # a few teeth change at a few stages: attachments, stripped enamel
    first = ordered[0]
    start = shapes[first.name]
    for proposal in ordered[1:]:
        shape = shapes[proposal.name]
        if shape.series != start.series:
            return different(proposal.arch or "", first.stage or 0, start.triangles, proposal.stage or 0, shape.triangles)
    return None


def different(arch: str, first: int, first_triangles: int, stage: int, triangles: int) -> str:
    if triangles != first_triangles:
        found = f"{arch.capitalize()} stage {stage} has {triangles:,} triangles and stage {first} has {first_triangles:,}"
    else:
        found = f"{arch.capitalize()} stages {first} and {stage} have {triangles:,} triangles each, but in a different order"
    return f"{found}: this export is meshed anew at each stage, which Midline cannot read yet. {SAME_ORDER_REMEDY}"

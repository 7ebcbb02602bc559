"""Which of the three layouts of meshes.md an export has. Layout 2 is read; 1 and 3 get a plain refusal with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from meshes import names
from meshes.matching import Proposal
from meshes.shapes import MIN_ARCH_MM, Shape

TOOTH_PER_FILE: Final = 1
ARCH_SAME_ORDER: Final = 2
ARCH_MESHED_ANEW: Final = 3

SAME_ORDER_REMEDY: Final = "Export with the same vertex order at every stage."
ONE_ARCH_REMEDY: Final = "Export one STL an arch a stage, with the same vertex order at every stage."


def classify(proposals: Sequence[Proposal], shapes: Mapping[str, Shape]) -> tuple[int, str | None]:
    """(layout, refusal): the refusal is None for layout 2, else sentences with what was found and what to export instead."""
    if one_tooth_a_file(shapes):
        typical = float(np.median([shape.box_mm for shape in shapes.values()]))
        return TOOTH_PER_FILE, (
            f"Most of the {len(shapes):,} files hold a single tooth (their middle size is {typical:.0f} mm): "
            f"this export has one STL a tooth, which Midline cannot read yet. {ONE_ARCH_REMEDY}"
        )
    for arch in (names.UPPER, names.LOWER):
        refusal = meshed_anew([p for p in proposals if p.arch == arch and p.stage is not None and p.name in shapes], shapes)
        if refusal:
            return ARCH_MESHED_ANEW, refusal
    return ARCH_SAME_ORDER, None


def one_tooth_a_file(shapes: Mapping[str, Shape]) -> bool:
    """More than half of the files are too small for an arch, and either many or named after teeth.

    A single small file is rather an arch in inches or metres, which `unit_question` asks about.
    """
    small = [name for name, shape in shapes.items() if 2.5 <= shape.box_mm < MIN_ARCH_MM]
    named = [name for name in shapes if names.read(name).single_tooth]
    if len(named) * 2 > len(shapes) and len(named) > 2:
        return True
    return len(small) * 2 > len(shapes) and len(small) > 6 and float(np.ptp([shapes[name].box_mm for name in small])) > 1.0


def meshed_anew(proposals: Sequence[Proposal], shapes: Mapping[str, Shape]) -> str | None:
    """The sentences for an arch whose stages do not share one vertex order, or None."""
    ordered = sorted(proposals, key=lambda proposal: proposal.stage or 0)
    if len(ordered) < 2:
        return None
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

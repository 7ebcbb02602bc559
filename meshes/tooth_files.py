"""An export with a file a tooth a stage: which file is which tooth, or gingiva, at which stage.

Names of such exports hold two numbers, the stage and the tooth, in the file's name or in its folders, in either order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from meshes import names, tooth_numbers
from meshes.arrays import Floats
from meshes.matching import DOUBLE, FINAL_GUESS, FROM_SHAPE, KIND_SURE, LAST_DIGITS, UNKNOWN, VARYING, Proposal, set_aside, shown
from meshes.names import GINGIVA, LOWER, TOOTH, UPPER, Reading
from meshes.shapes import MIN_ARCH_MM, Shape
from meshes.tooth_numbers import ALL_FDI, UNIVERSAL_NUMBERS, Named, Numbering

LONGEST_TOOTH_MM: Final = 32.0
SMALLEST_TOOTH_MM: Final = 2.5
FEWEST_TEETH: Final = 3

Constant: TypeAlias = set[tuple[int, int]] | None
"""(level, place) of the numbers that are the same in all files of one pattern; None when there is no other file to compare."""


@dataclass(frozen=True)
class _Slot:
    """A number somewhere in a path. level: 0 the file's own name, 1 its folder …; place: which number of that name."""

    level: int
    place: int
    value: int
    sureness: float


def is_layout(shapes: Mapping[str, Shape]) -> bool:
    """Most models that are no gingiva are single teeth: of a tooth's size, and named after teeth or many.

    A single small file is rather an arch in inches or metres, which `reading.unit_question` asks about.
    """
    readings = {name: names.read(name) for name in shapes}
    models = [name for name in shapes if readings[name].part != GINGIVA and readings[name].other is None]
    named = [name for name in models if readings[name].part == TOOTH and SMALLEST_TOOTH_MM <= shapes[name].box_mm < LONGEST_TOOTH_MM]
    if len(named) * 2 > len(models) and len(named) >= FEWEST_TEETH:
        return True
    small = [shapes[name].box_mm for name in models if SMALLEST_TOOTH_MM <= shapes[name].box_mm < MIN_ARCH_MM]
    return len(small) * 2 > len(models) and len(small) > 6 and float(np.ptp(small)) > 1.0


def propose(shapes: Mapping[str, Shape]) -> tuple[list[Proposal], Numbering]:
    """One proposal a file, in the order given, and the system of the tooth numbers, decided over all files."""
    levels = {name: names.levels(name) for name in shapes}
    readings = {name: names.read(name) for name in shapes}
    proposals = {}
    for name, constant in constant_slots(levels).items():
        proposals[name] = first_reading(name, levels[name], readings[name], shapes[name], constant)
    place_final(list(proposals.values()), readings)
    teeth = [proposal for proposal in proposals.values() if proposal.part == TOOTH and proposal.kind == "stage"]
    said = next((reading.system for reading in readings.values() if reading.system), None)
    start = min((tooth.stage for tooth in teeth if tooth.stage is not None), default=0)
    places = {tooth.label: middle(shapes[tooth.name]) for tooth in teeth if tooth.label and tooth.stage == start}
    numbering = tooth_numbers.decide([Named(tooth.label, tooth.arch, places.get(tooth.label)) for tooth in teeth if tooth.label], said)
    for tooth in teeth:
        number(tooth, numbering["system"])
    arch_by_place([proposal for proposal in proposals.values() if proposal.arch is None and proposal.kind == "stage"], teeth, shapes)
    mark_doubles(proposals.values())
    return list(proposals.values()), numbering


def first_reading(name: str, levels: Sequence[Reading], reading: Reading, shape: Shape, constant: Constant) -> Proposal:
    """Stage, part and tooth of one file, from its own path."""
    proposal = Proposal(name, reading.arch, None, reading.arch_sureness, 0.0)
    proposal.part = part_of(reading, shape)
    if reading.other is not None:
        set_aside(proposal, reading)
        if proposal.kind != "stage":
            proposal.part = "arch"
            return proposal
    if reading.both_arches:
        proposal.doubt("The name says upper and lower.", arch=UNKNOWN)
    slots = slots_of(levels)
    stage = stage_slot(slots, levels, constant, reading, gingiva=proposal.part == GINGIVA)
    if stage is not None:
        proposal.stage = stage.value
        proposal.stage_confidence = stage.sureness or (LAST_DIGITS if constant is None else VARYING)
        if not stage.sureness and constant is None:
            proposal.doubt(f"The name has no word for the stage; its last number, {stage.value}, was taken.")
    elif reading.start:
        proposal.stage, proposal.stage_confidence = 0, names.IN_FOLDER
    elif not reading.final:
        proposal.doubt("No stage in the name.", stage=UNKNOWN)
    if proposal.part == TOOTH:
        proposal.label = label_of(reading, slots, stage, constant)
    if proposal.part == GINGIVA and reading.part != GINGIVA:
        proposal.doubt("It is larger than a tooth, so it is taken for the gingiva.", arch=FROM_SHAPE)
    proposal.group = group_of(name, stage, proposal)
    return proposal


def place_final(proposals: Sequence[Proposal], readings: Mapping[str, Reading]) -> None:
    """“final” without a number is the stage after the highest of all."""
    highest = max((proposal.stage for proposal in proposals if proposal.stage is not None), default=-1)
    for proposal in proposals:
        if proposal.stage is None and proposal.kind == "stage" and readings[proposal.name].final:
            proposal.stage, proposal.stage_confidence = highest + 1, FINAL_GUESS
            proposal.doubt(f"The name says final without a number; {highest + 1} follows the highest stage.")


def part_of(reading: Reading, shape: Shape) -> str:
    """Gingiva by its word, else by size: a tooth measures at most LONGEST_TOOTH_MM."""
    if reading.part == GINGIVA or shape.box_mm >= LONGEST_TOOTH_MM:
        return GINGIVA
    return TOOTH


def slots_of(levels: Sequence[Reading]) -> list[_Slot]:
    return [
        _Slot(depth, number.place, number.value, number.sureness)
        for depth, level in enumerate(levels)
        for number in level.numbers
        if not number.version
    ]


def constant_slots(levels: Mapping[str, Sequence[Reading]]) -> dict[str, Constant]:
    """file -> the numbers of its path that are the same in every file of its pattern (a case number, a date); None for a lone file."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, readings in levels.items():
        groups["/".join(reading.template for reading in readings)].append(name)
    found: dict[str, Constant] = dict.fromkeys(levels)
    for group in groups.values():
        values: dict[tuple[int, int], set[int]] = defaultdict(set)
        for name in group:
            for slot in slots_of(levels[name]):
                values[slot.level, slot.place].add(slot.value)
        same = {at for at, seen in values.items() if len(seen) == 1}
        if len(group) > 1 and len(same) < len(values):
            for name in group:
                found[name] = same
    return found


def stage_slot(slots: Sequence[_Slot], levels: Sequence[Reading], constant: Constant, reading: Reading, *, gingiva: bool) -> _Slot | None:
    """The number that is the stage: one that a word calls so, the surest first; else a free one that differs between the files.

    A lone letter beside a real word (“Stage 3/T11”, “S03_T11”) means the tooth.
    """
    usable = [slot for slot in slots if slot.value <= names.MAX_STAGE and not is_tooth_slot(slot, levels)]
    worded = [slot for slot in usable if slot.sureness]
    if worded:
        surest = max(slot.sureness for slot in worded)
        best = [slot for slot in worded if slot.sureness == surest]
        if surest <= names.SHORT and len(best) > 1 and reading.tooth is None and not gingiva:
            return best[0]
        return min(best, key=lambda slot: (slot.level, -slot.place))
    if reading.start:
        return None
    free = [slot for slot in usable if (slot.level, slot.place) not in (constant or ())]
    if reading.tooth is None and not gingiva:
        if len(free) < 2:
            return None
        outer = [slot for slot in free if slot.level]
        return outer[0] if outer else free[0]
    return free[-1] if free else None


def is_tooth_slot(slot: _Slot, levels: Sequence[Reading]) -> bool:
    return levels[slot.level].tooth_place == slot.place


def label_of(reading: Reading, slots: Sequence[_Slot], stage: _Slot | None, constant: Constant) -> str | None:
    """The tooth as written: where a word says so, else the number of the own name that is not the stage and could be a tooth."""
    if reading.tooth is not None:
        return reading.tooth.lstrip("0") or None
    if reading.pieces:
        return None
    free = [
        slot
        for slot in slots
        if slot.level == 0 and slot != stage and (slot.level, slot.place) not in (constant or ()) and could_be_tooth(slot.value)
    ]
    return str(free[-1].value) if free else None


def could_be_tooth(value: int) -> bool:
    return value in ALL_FDI or str(value) in UNIVERSAL_NUMBERS


def number(tooth: Proposal, system: str) -> None:
    """The FDI number and the arch it means; what contradicts the name is said."""
    if tooth.label is None:
        return
    tooth.fdi = tooth_numbers.fdi_of(tooth.label, system)
    if tooth.fdi is None:
        tooth.doubt(f"“{tooth.label}” is no tooth number in {system}.", arch=DOUBLE)
        return
    arch = tooth_numbers.arch_of(tooth.fdi)
    if tooth.arch is not None and tooth.arch != arch:
        said = (
            f"The name says upper, but tooth {tooth.fdi} (FDI) is a lower tooth."
            if arch == LOWER
            else f"The name says lower, but tooth {tooth.fdi} (FDI) is an upper tooth."
        )
        tooth.doubt(said, arch=DOUBLE)
        return
    tooth.arch, tooth.arch_confidence = arch, max(tooth.arch_confidence, names.IN_FOLDER)


def middle(shape: Shape) -> Floats:
    return np.asarray((shape.sample.min(axis=0) + shape.sample.max(axis=0)) / 2)


def arch_by_place(open_ones: Sequence[Proposal], teeth: Sequence[Proposal], shapes: Mapping[str, Shape]) -> None:
    """A file whose name gives no arch belongs to the arch whose teeth lie nearest."""
    rows = {arch: [middle(shapes[tooth.name]) for tooth in teeth if tooth.arch == arch] for arch in (UPPER, LOWER)}
    for proposal in open_ones:
        away = {
            arch: float(np.median(np.linalg.norm(shapes[proposal.name].sample[:, None] - np.array(places)[None, :64], axis=2).min(axis=1)))
            for arch, places in rows.items()
            if places
        }
        if len(away) == 1 and proposal.part == GINGIVA:
            proposal.arch, proposal.arch_confidence = next(iter(away)), KIND_SURE
        elif len(away) == 2:
            proposal.arch = min(away, key=lambda arch: away[arch])
            proposal.arch_confidence = FROM_SHAPE
            nearest = {
                UPPER: "No arch in the name; it lies nearest to the upper teeth.",
                LOWER: "No arch in the name; it lies nearest to the lower teeth.",
            }
            proposal.doubt(nearest[proposal.arch])
        else:
            proposal.doubt("No arch in the name.", arch=UNKNOWN)


def group_of(name: str, stage: _Slot | None, proposal: Proposal) -> str:
    """The tooth or gingiva a file stands for, the same at every stage: its number, else its path without the stage."""
    if proposal.part == GINGIVA:
        return f"{proposal.arch or ''} gingiva".strip()
    if proposal.label is not None:
        return f"tooth {proposal.label}"
    components = name.split("/")[::-1]
    for depth, component in enumerate(components):
        found = names.tokens(component)
        if stage is not None and stage.level == depth:
            places = [index for index, token in enumerate(found) if token.isdigit()]
            found[places[stage.place]] = "#"
        components[depth] = " ".join(found)
    return "/".join(components[::-1])


def mark_doubles(proposals: Iterable[Proposal]) -> None:
    """Two files for one part of one stage."""
    for found in claims(proposals).values():
        for proposal in found if len(found) > 1 else []:
            other = next(one for one in found if one is not proposal)
            proposal.doubt(
                f"{len(found)} files claim the same place. The other is “{shown(other.name)}”. Keep one of the two, or type another stage.",
                stage=DOUBLE,
            )


def claims(proposals: Iterable[Proposal]) -> dict[tuple[str, str, int], list[Proposal]]:
    """(arch, part, stage) -> its files. Part: the tooth by number or group, or gingiva."""
    found: dict[tuple[str, str, int], list[Proposal]] = defaultdict(list)
    for proposal in proposals:
        if proposal.kind == "stage" and proposal.arch is not None and proposal.stage is not None:
            part = GINGIVA if proposal.part == GINGIVA else str(proposal.fdi or proposal.group)
            found[proposal.arch, part, proposal.stage].append(proposal)
    return found


def doubles(proposals: Iterable[Proposal]) -> list[dict[str, object]]:
    found = sorted(claims(proposals).items())
    return [
        {"arch": arch, "stage": stage, "part": files[0].part, "fdi": files[0].fdi, "files": [file.name for file in files]}
        for (arch, _, stage), files in found
        if len(files) > 1
    ]


def missing(proposals: Sequence[Proposal]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """(gaps, ends): stages at which a part has no file though it has a later one; parts whose files end before their arch's do.

    A tooth that ends early was probably taken out; a gap is a file that was forgotten.
    """
    parts: dict[tuple[str, str], dict[int, Proposal]] = defaultdict(dict)
    for (arch, part, stage), files in claims(proposals).items():
        parts[arch, part][stage] = files[0]
    last: dict[str, int] = {}
    for (arch, _), stages in parts.items():
        last[arch] = max(last.get(arch, 0), *stages)
    first = min((min(stages) for stages in parts.values()), default=0)
    gaps: list[dict[str, object]] = []
    ends: list[dict[str, object]] = []
    for (arch, _), stages in sorted(parts.items()):
        one = next(iter(stages.values()))
        about: dict[str, object] = {"arch": arch, "part": one.part, "fdi": one.fdi}
        gaps += [about | {"stage": stage} for stage in range(first, max(stages)) if stage not in stages]
        if max(stages) < last[arch]:
            ends.append(about | {"stage": max(stages)})
    return gaps, ends

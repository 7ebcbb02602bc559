"""Which file is which arch and stage: what the names say, checked against each other and against the shapes.

Every proposal carries a confidence 0..1 and, below SURE_ENOUGH, one sentence that says why. The technician decides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from meshes import names, words
from meshes.names import LOWER, UPPER, Reading
from meshes.shapes import Shape

SURE_ENOUGH: Final = 0.9
VARYING: Final = 0.95
FROM_ORDER: Final = 0.9
FROM_SHAPE: Final = 0.72
LAST_DIGITS: Final = 0.6
FINAL_GUESS: Final = 0.75
UNKNOWN: Final = 0.2
DOUBLE: Final = 0.5
DETOUR: Final = 0.5
SAME_MM: Final = 0.001
"""A shape lies between two stages when the way over it is at most this share (and this much) longer than the straight one."""

KIND_SURE: Final = 0.95
OTHER_TRIANGLES: Final = {
    "upper": "The name says lower, but its triangles are those of the upper files.",
    "lower": "The name says upper, but its triangles are those of the lower files.",
}
KEPT_BESIDE: Final = {
    "template": "The name says it is a template. It is kept beside the stages.",
    "retainer": "The name says it is a retainer. It is kept beside the stages.",
    "overcorrection": "The name says it is an overcorrection. It is kept beside the stages.",
    "attachment": "The name says it is an attachment model. It is kept beside the stages.",
}


STAGE: Final = "stage"
ARCH: Final = "arch"


@dataclass
class Proposal:
    """arch and stage of one file, None where nothing tells. reason: sentences, or None when the confidence is high enough.

    kind: "stage", or what the file is that belongs to no stage; part: "arch", "tooth" or "gingiva"; label: the tooth as the
    name writes it; group: the same for the files of one part at all stages.
    """

    name: str
    arch: str | None
    stage: int | None
    arch_confidence: float
    stage_confidence: float
    reason: str | None = None
    kind: str = STAGE
    part: str = ARCH
    label: str | None = None
    fdi: int | None = None
    group: str | None = None

    @property
    def confidence(self) -> float:
        return round(min(self.arch_confidence, self.stage_confidence), 2)

    def doubt(self, sentence: str, *, arch: float | None = None, stage: float | None = None) -> None:
        """Lower a confidence and say why; the first reason stands, later ones follow it."""
        if arch is not None:
            self.arch_confidence = min(self.arch_confidence, arch)
        if stage is not None:
            self.stage_confidence = min(self.stage_confidence, stage)
        self.reason = f"{self.reason} {sentence}" if self.reason else sentence


def propose(files: Mapping[str, Shape | None]) -> list[Proposal]:
    """One proposal a file, in the order given. files: name in the archive -> its shape, or None when only names are known."""
    readings = {name: names.read(name) for name in files}
    german = speaks_german(readings.values())
    varying = varying_places(readings)
    proposals = []
    for name, reading in readings.items():
        proposal = Proposal(name, reading.arch, None, reading.arch_sureness, 0.0)
        if german and reading.german:
            proposal.arch, proposal.arch_confidence = words.GERMAN_SHORT[reading.german], names.SHORT
        if reading.both_arches:
            proposal.doubt("The name says upper and lower.", arch=UNKNOWN)
        stage_from_name(proposal, reading, varying.get(reading.template))
        proposals.append(proposal)
    shapes = {name: shape for name, shape in files.items() if shape is not None}
    arch_from_others(proposals, shapes)
    place_final(proposals, readings)
    stage_from_neighbours(proposals, shapes)
    set_aside_other_models(proposals, readings)
    mark_doubles(proposals, shapes)
    return proposals


def speaks_german(readings: Iterable[Reading]) -> bool:
    """O and U stand as lone letters in the names and no other word for an arch does: Ober- and Unterkiefer."""
    letters = set()
    for reading in readings:
        letters.add(reading.german)
        if reading.arch == LOWER:
            return False
    return {"o", "u"} <= letters


def varying_places(readings: Mapping[str, Reading]) -> dict[str, int]:
    """template -> the one place whose number differs between its files, if it is one."""
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings.values():
        groups[reading.template].append(reading)
    out = {}
    for template, group in groups.items():
        seen: dict[int, set[int]] = defaultdict(set)
        for reading in group:
            for number in reading.numbers:
                if not number.version:
                    seen[number.place].add(number.value)
        places = [place for place, values in seen.items() if len(values) > 1]
        if len(group) > 1 and len(places) == 1 and len(seen[places[0]]) == len(group) and max(seen[places[0]]) <= names.MAX_STAGE:
            out[template] = places[0]
    return out


def stage_from_name(proposal: Proposal, reading: Reading, varying: int | None) -> None:
    named = reading.stage
    if named is not None and varying is not None and named.sureness <= names.BESIDE_ARCH and named.place != varying:
        named = None
    if named is not None:
        proposal.stage, proposal.stage_confidence = named.value, named.sureness
    elif reading.start:
        proposal.stage, proposal.stage_confidence = 0, names.IN_FOLDER
    elif varying is not None:
        number = next((number for number in reading.numbers if number.place == varying), None)
        if number is not None:
            proposal.stage, proposal.stage_confidence = number.value, VARYING
    if proposal.stage is None and not reading.final:
        usable = [number for number in reading.numbers if number.value <= names.MAX_STAGE and not number.version]
        if usable:
            proposal.stage, proposal.stage_confidence = usable[-1].value, LAST_DIGITS
            proposal.doubt(f"The name has no word for the stage; its last number, {usable[-1].value}, was taken.")


def arch_from_others(proposals: list[Proposal], shapes: Mapping[str, Shape]) -> None:
    """Files of one vertex order are one arch; failing that, the way the teeth look tells it."""
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for proposal in proposals:
        shape = shapes.get(proposal.name)
        if shape is not None and proposal.arch is not None:
            votes[shape.series][proposal.arch] += 1
    for proposal in proposals:
        shape = shapes.get(proposal.name)
        if shape is None:
            if proposal.arch is None:
                proposal.doubt("No arch in the name.", arch=UNKNOWN)
            continue
        known = votes[shape.series].most_common(2)
        settled = known[0][0] if known and (len(known) == 1 or known[0][1] > 2 * known[1][1]) else None
        if proposal.arch is None:
            arch_of_unnamed(proposal, shape, settled)
        elif settled is not None and settled != proposal.arch:
            proposal.doubt(OTHER_TRIANGLES[settled], arch=DOUBLE)
        elif settled is not None and proposal.arch_confidence < SURE_ENOUGH:
            proposal.arch_confidence = FROM_ORDER


def arch_of_unnamed(proposal: Proposal, shape: Shape, settled: str | None) -> None:
    silent = "No arch in the name." if proposal.reason is None else "The arch is not clear from it."
    if settled is not None:
        proposal.arch, proposal.arch_confidence = settled, FROM_ORDER
        proposal.doubt(f"{silent} Its triangles are in the order of the {settled} files.", arch=FROM_ORDER)
    elif shape.arch is not None:
        proposal.arch, proposal.arch_confidence = shape.arch, FROM_SHAPE
        proposal.doubt(f"{silent} The shape reads as {'an upper' if shape.arch == UPPER else 'a lower'} arch.")
    else:
        proposal.doubt(f"{silent} The shape does not tell upper from lower.", arch=UNKNOWN)


def place_final(proposals: list[Proposal], readings: Mapping[str, Reading]) -> None:
    """“final” is the stage after the highest number of its arch."""
    for proposal in proposals:
        if proposal.stage is not None or not readings[proposal.name].final:
            continue
        highest = max((other.stage for other in proposals if other.arch == proposal.arch and other.stage is not None), default=0)
        proposal.stage, proposal.stage_confidence = highest + 1, FINAL_GUESS
        proposal.doubt(f"The name says final without a number; {highest + 1} follows the highest stage of this arch.")


def stage_from_neighbours(proposals: list[Proposal], shapes: Mapping[str, Shape]) -> None:
    """For a stage that is unknown or only guessed: between which stages of its arch the shape fits."""
    for proposal in proposals:
        shape = shapes.get(proposal.name)
        if shape is None or proposal.stage_confidence > FROM_SHAPE:
            continue
        sure = certain_stages(proposal, shape, proposals, shapes)
        fits = between(shape, sure)
        if fits is None:
            if proposal.stage is None:
                proposal.doubt("No stage in the name.", stage=UNKNOWN)
            continue
        before, after = fits
        if proposal.stage is None and after - before == 2:
            proposal.stage, proposal.stage_confidence = before + 1, FROM_SHAPE
            proposal.doubt(f"No stage in the name; the shape lies between stages {before} and {after}.")
        elif proposal.stage is None:
            proposal.doubt(f"No stage in the name; the shape lies between stages {before} and {after}.", stage=UNKNOWN)
        elif before < proposal.stage < after:
            proposal.stage_confidence = FROM_SHAPE
            proposal.doubt(f"The shape lies between stages {before} and {after}.")
        elif after - before == 2 and not any((other.arch, other.stage) == (proposal.arch, before + 1) for other in proposals):
            guessed, proposal.stage, proposal.stage_confidence = proposal.stage, before + 1, FROM_SHAPE
            proposal.reason = (
                "The name has no word for the stage. "
                f"Its last number is {guessed}, but the shape lies between stages {before} and {after}: {before + 1} was taken."
            )
        else:
            proposal.doubt(f"The shape lies between stages {before} and {after}, which does not fit.", stage=DOUBLE)


def certain_stages(proposal: Proposal, shape: Shape, proposals: list[Proposal], shapes: Mapping[str, Shape]) -> list[tuple[int, Shape]]:
    """The other files of the same arch and vertex order whose stage is certain, by stage."""
    found = {}
    for other in proposals:
        theirs = shapes.get(other.name)
        if other is proposal or theirs is None or other.stage is None or other.stage_confidence < SURE_ENOUGH:
            continue
        if other.arch == proposal.arch and theirs.series == shape.series:
            found[other.stage] = theirs
    return sorted(found.items(), key=lambda pair: pair[0])


def between(shape: Shape, sure: list[tuple[int, Shape]]) -> tuple[int, int] | None:
    """The neighbouring known stages with the smallest detour through this shape; None with fewer than two known, or when it lies beyond."""
    best: tuple[float, float, int, int] | None = None
    for (first, one), (second, two) in pairwise(sure):
        step = one.distance_mm(two)
        detour = shape.distance_mm(one) + shape.distance_mm(two) - step
        if best is None or detour < best[0]:
            best = (detour, step, first, second)
    return (best[2], best[3]) if best and best[0] <= DETOUR * best[1] + SAME_MM else None


def set_aside_other_models(proposals: list[Proposal], readings: Mapping[str, Reading]) -> None:
    for proposal in proposals:
        set_aside(proposal, readings[proposal.name])


def set_aside(proposal: Proposal, reading: Reading) -> None:
    """A template, retainer, overcorrection or attachment model is kept beside the stages; “attachment” beside a stage says nothing."""
    if reading.other is None or (reading.stage is not None and reading.other == "attachment"):
        return
    proposal.kind, proposal.stage = reading.other, None
    proposal.stage_confidence = KIND_SURE
    proposal.arch_confidence = max(proposal.arch_confidence, KIND_SURE)
    proposal.reason = KEPT_BESIDE[reading.other]


def mark_doubles(proposals: list[Proposal], shapes: Mapping[str, Shape]) -> None:
    """Two files for one stage: both are shown, the less certain one with the question."""
    claims: dict[tuple[str, int], list[Proposal]] = defaultdict(list)
    for proposal in proposals:
        if proposal.arch is not None and proposal.stage is not None:
            claims[proposal.arch, proposal.stage].append(proposal)
    for (arch, stage), claimants in claims.items():
        if len(claimants) < 2:
            continue
        for proposal in claimants:
            others = [other for other in claimants if other is not proposal]
            shape = shapes.get(proposal.name)
            first = shapes.get(others[0].name)
            same = shape is not None and first is not None and shape.series == first.series and shape.distance_mm(first) < 1e-6
            told = f"“{shown(others[0].name)}” is the same model." if same else f"The other is “{shown(others[0].name)}”."
            proposal.doubt(f"{len(claimants)} files claim {arch} stage {stage}. {told} Keep one, or type another stage.", stage=DOUBLE)


def shown(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def missing_stages(proposals: Sequence[Proposal]) -> list[dict[str, str | int]]:
    """Every stage that has a later one in its arch but no file; stage 0 too when the other arch has it."""
    stages: dict[str, set[int]] = {UPPER: set(), LOWER: set()}
    for proposal in proposals:
        if proposal.arch in stages and proposal.stage is not None:
            stages[proposal.arch].add(proposal.stage)
    present = [found for found in stages.values() if found]
    if not present:
        return []
    start = min(min(found) for found in present)
    return [
        {"arch": arch, "stage": stage}
        for arch, found in stages.items()
        if found
        for stage in range(start, max(found))
        if stage not in found
    ]


def doubles(proposals: Sequence[Proposal]) -> list[dict[str, object]]:
    claims: dict[tuple[str, int], list[str]] = defaultdict(list)
    for proposal in proposals:
        if proposal.arch is not None and proposal.stage is not None:
            claims[proposal.arch, proposal.stage].append(proposal.name)
    return [{"arch": arch, "stage": stage, "files": found} for (arch, stage), found in sorted(claims.items()) if len(found) > 1]

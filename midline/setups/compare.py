"""What changed between two versions, and whether it was asked for. Pure: values in, values out.

A line of a sent change request asks for a change when it names the tooth (or, for IPR and attachments, no tooth at all) and either the same
kind of change or, in plain words, nothing more. A movement counts as asked for when it went the way that was asked; how far is for the
reader to judge, so the line itself stands beside it. Planned positions are compared in total, at the end of the plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

MOVEMENTS: Final = ("mesial", "buccal", "occlusal", "rotation", "tip", "torque")
ANGLES: Final = frozenset({"rotation", "tip", "torque"})
LEAST_MM: Final = 0.1
LEAST_DEG: Final = 1.0
"""Differences up to these are no change: estimated frames alone make up to 0.41 mm and 1.1°, within one lab's exports far less."""

WAYS: Final[Mapping[str, tuple[str, int]]] = {
    "mesial": ("mesial", 1),
    "distal": ("mesial", -1),
    "buccal": ("buccal", 1),
    "lingual": ("buccal", -1),
    "extrude": ("occlusal", 1),
    "intrude": ("occlusal", -1),
    "rotate_mesial": ("rotation", -1),
    "rotate_distal": ("rotation", 1),
    "tip_mesial": ("tip", 1),
    "tip_distal": ("tip", -1),
    "torque_buccal": ("torque", 1),
    "torque_lingual": ("torque", -1),
}
"""A line of a request → which of the six movements, and which way. viewer/README.md has the signs; + rotation turns the mesial side out."""

Six = tuple[float, float, float, float, float, float]
STILL: Final[Six] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Reduction:
    """IPR at one contact: mm, and before which stage."""

    amount_mm: Decimal
    before_stage: int


@dataclass(frozen=True)
class Attached:
    """An attachment on one tooth; removed None: it stays."""

    surface: str
    shape: str
    size: str
    added: int
    removed: int | None


@dataclass(frozen=True)
class Content:
    """What of a version is compared. stages by arch; movements: FDI → planned in total, mm and degrees; absent where a tooth stays."""

    number: int
    stages: Mapping[str, int]
    teeth: frozenset[int]
    movements: Mapping[int, Six]
    iprs: Mapping[tuple[int, int], tuple[Reduction, ...]] = field(default_factory=dict)
    attachments: Mapping[int, tuple[Attached, ...]] = field(default_factory=dict)
    extractions: Mapping[int, int | None] = field(default_factory=dict)
    """Tooth → the stage before which it is taken out."""
    pontics: Mapping[int, int | None] = field(default_factory=dict)
    """Tooth → the stage from which there is none any more; None: it stays."""


@dataclass(frozen=True)
class Asked:
    """One line of a sent change request. key: whatever tells it from the others."""

    key: int
    movement: str
    tooth: int | None = None
    tooth_b: int | None = None

    @property
    def loose(self) -> bool:
        """Words alone, that name no tooth and no kind of change: nothing can be held against them but a reader's judgement."""
        return self.tooth is None and self.movement == "other"


@dataclass(frozen=True)
class Change:
    """One line of the list.

    kind: movement, ipr, attachment, extraction, pontic, tooth (there in one version alone), stages. teeth: FDI, one, or the two of a
    contact; arch for stages. movements: which of the six differ. was, now: Six, tuple[Reduction], tuple[Attached], tuple[int | None] (the
    stage of an extraction or pontic, empty where there is none), bool or int by kind. lines: keys of what was asked.
    """

    kind: str
    teeth: tuple[int, ...]
    was: object
    now: object
    movements: tuple[str, ...] = ()
    arch: str = ""
    lines: tuple[int, ...] = ()
    size: float = 0.0

    @property
    def asked(self) -> bool:
        return bool(self.lines)


def contact(tooth_a: int, tooth_b: int) -> tuple[int, int]:
    """Both teeth of a contact in one order, so that 11–12 and 12–11 are the same."""
    return (min(tooth_a, tooth_b), max(tooth_a, tooth_b))


def changes(new: Content, old: Content, asked: Iterable[Asked]) -> list[Change]:
    """Everything that differs, the largest movements first, then IPR, attachments, extractions, pontics, teeth and stages.

    One line holds what shares its mark: a tooth whose rotation was asked for and whose torque was not makes two.
    """
    lines = [line for line in asked if not line.loose]
    found = [*_movements(new, old, lines), *_iprs(new, old, lines), *_attachments(new, old, lines)]
    found += _gaps("extraction", new.extractions, old.extractions, lines) + _gaps("pontic", new.pontics, old.pontics, lines)
    explained = {tooth for change in found if change.kind in {"extraction", "pontic"} for tooth in change.teeth}
    found += [change for change in _teeth(new, old, lines) if not explained.issuperset(change.teeth)]
    for arch in ("upper", "lower"):
        was, now = old.stages.get(arch, 0), new.stages.get(arch, 0)
        if was != now:
            found.append(Change("stages", (), was, now, arch=arch))
    order = {kind: n for n, kind in enumerate(("movement", "ipr", "attachment", "extraction", "pontic", "tooth", "stages"))}
    return sorted(found, key=lambda change: (order[change.kind], -change.size, change.teeth, change.arch, not change.asked))


def unmet(found: Iterable[Change], asked: Iterable[Asked]) -> list[Asked]:
    """What was asked for and left no trace in the list: refused, overlooked, or below the thresholds."""
    met = {key for change in found for key in change.lines}
    return [line for line in asked if line.key not in met and not line.loose]


def _movements(new: Content, old: Content, lines: list[Asked]) -> list[Change]:
    found = []
    for tooth in sorted(new.teeth & old.teeth):
        was, now = old.movements.get(tooth, STILL), new.movements.get(tooth, STILL)
        groups: dict[bool, list[tuple[str, tuple[int, ...], float]]] = defaultdict(list)
        for name, before, after in zip(MOVEMENTS, was, now, strict=True):
            share = abs(after - before) / (LEAST_DEG if name in ANGLES else LEAST_MM)
            if share > 1 + 1e-9:
                keys = tuple(line.key for line in lines if _asks_to_move(line, tooth, name, after - before))
                groups[bool(keys)].append((name, keys, share))
        for members in groups.values():
            ordered = sorted(members, key=lambda member: -member[2])
            keys = tuple(dict.fromkeys(key for _name, found_keys, _share in ordered for key in found_keys))
            names = tuple(name for name, _keys, _share in ordered)
            found.append(Change("movement", (tooth,), was, now, names, lines=keys, size=ordered[0][2]))
    return found


def _asks_to_move(line: Asked, tooth: int, movement: str, by: float) -> bool:
    if line.tooth != tooth:
        return False
    return line.movement == "other" or WAYS.get(line.movement) == (movement, 1 if by > 0 else -1)


def _iprs(new: Content, old: Content, lines: list[Asked]) -> list[Change]:
    found = []
    for pair in sorted(new.iprs.keys() | old.iprs.keys()):
        was, now = old.iprs.get(pair, ()), new.iprs.get(pair, ())
        if was != now:
            by = abs(sum((row.amount_mm for row in now), Decimal(0)) - sum((row.amount_mm for row in was), Decimal(0)))
            found.append(Change("ipr", pair, was, now, lines=_keys(lines, "ipr", pair), size=float(by)))
    return found


def _keys(lines: list[Asked], kind: str, teeth: tuple[int, ...]) -> tuple[int, ...]:
    """Lines about this kind on one of these teeth; on both when a line names both; on any tooth when it names none."""

    def meant(line: Asked) -> bool:
        named = {tooth for tooth in (line.tooth, line.tooth_b) if tooth is not None}
        if not named <= set(teeth):
            return False
        return line.movement == kind or (line.movement == "other" and bool(named))

    return tuple(line.key for line in lines if meant(line))


def _attachments(new: Content, old: Content, lines: list[Asked]) -> list[Change]:
    found = []
    for tooth in sorted(new.attachments.keys() | old.attachments.keys()):
        was, now = old.attachments.get(tooth, ()), new.attachments.get(tooth, ())
        if was != now:
            found.append(
                Change("attachment", (tooth,), was, now, lines=_keys(lines, "attachment", (tooth,)), size=abs(len(now) - len(was)))
            )
    return found


def _gaps(kind: str, new: Mapping[int, int | None], old: Mapping[int, int | None], lines: list[Asked]) -> list[Change]:
    """Extractions or pontics that came, went or are at another stage. No line of a request has a kind for them, so plain words ask."""
    found = []
    for tooth in sorted(new.keys() | old.keys()):
        was, now = ((rows[tooth],) if tooth in rows else () for rows in (old, new))
        if was != now:
            found.append(Change(kind, (tooth,), was, now, lines=_keys(lines, kind, (tooth,))))
    return found


def _teeth(new: Content, old: Content, lines: list[Asked]) -> list[Change]:
    """Teeth that one version has and the other has not: extracted, erupted, numbered otherwise; nothing where one names none."""
    found: list[Change] = []
    if not new.teeth or not old.teeth:
        return found
    for tooth in sorted(new.teeth ^ old.teeth):
        keys = tuple(line.key for line in lines if line.tooth == tooth and line.movement == "other")
        found.append(Change("tooth", (tooth,), tooth in old.teeth, tooth in new.teeth, lines=keys))
    return found

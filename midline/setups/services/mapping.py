"""Which file is which arch, tooth and stage: checks the technician's answer before any work is done on it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, NotRequired, TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meshes.tooth_numbers import ALL_FDI, arch_of
from midline.core.errors import Refused

ARCHES: Final = ("upper", "lower")
LAST_STAGE: Final = 500
STAGE: Final = "stage"
BESIDE: Final = ("template", "retainer", "attachment", "overcorrection")
"""Kinds of models that are kept beside the stages."""

WHOLE, TOOTH, GINGIVA = "arch", "tooth", "gingiva"
MOST_SAID: Final = 6


class Mapped(TypedDict):
    """One file that is taken: its name in the ZIP, its arch, the number of its stage; both are None for one that is kept beside.

    part is absent for a whole arch; fdi and group say which tooth a file of one tooth is. scale: the millimetres in one unit of the files,
    the same in every row; absent where it was not asked.
    """

    name: str
    arch: str | None
    stage: int | None
    kind: NotRequired[str]
    part: NotRequired[str]
    fdi: NotRequired[int | None]
    group: NotRequired[str | None]
    scale: NotRequired[float]


class Source(NamedTuple):
    """What files of several stages show together: an arch, its gingiva, or one tooth (by number, else by the report's group)."""

    arch: str
    part: str
    which: str

    def words(self, *, inside: bool = False) -> str:
        """ "Upper", "Upper gingiva", "Tooth 11"; inside: within a sentence."""
        arch = arch_words(self.arch)
        if self.part == TOOTH and not self.which.isdecimal():
            return _("a tooth without a number") if inside else _("A tooth without a number")
        if self.part == TOOTH:
            return (_("tooth %(fdi)s") if inside else _("Tooth %(fdi)s")) % {"fdi": self.which}
        if self.part == GINGIVA:
            arch = _("%(arch)s gingiva") % {"arch": arch}
        return arch.lower() if inside and self.part == WHOLE else arch


class MappingRefused(Refused):
    """Every wrong field of a mapping at once. errors: {"stage-3": sentence}, numbered like the files of the report; "" is the whole."""

    def __init__(self, errors: dict[str, str]) -> None:
        field, reason = next(iter(errors.items()))
        super().__init__(reason, field=field or None)
        self.errors = errors


def arch_words(arch: str) -> str:
    return _("Upper") if arch == "upper" else _("Lower")


def source_of(row: Mapping[str, Any]) -> Source:
    """What a row of a report or a mapping is a stage of."""
    part = row.get("part") or WHOLE
    return Source(row["arch"], part, str(row.get("fdi") or row.get("group") or row["name"]) if part == TOOTH else "")


def unit_of(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> str:
    """The unit that rows of a mapping were scaled from, as the report names it; "" where none was asked or none is said."""
    factors = {row.get("scale") for row in rows if row.get("scale")}
    fits = (report.get("unit") or {}).get("fits", [])
    return next((str(fit["unit"]) for fit in fits if factors == {fit["factor"]}), "")


def _factor(report: Mapping[str, Any], unit: str) -> float | None:
    """Raises MappingRefused when the report asks for the unit and the answer is none of those that fit."""
    asked = report.get("unit")
    if not asked:
        return None
    for fit in asked["fits"]:
        if fit["unit"] == unit:
            return float(fit["factor"])
    raise MappingRefused({"unit": _("It is not said in which unit the models were exported. Choose the unit, then save.")})


def checked(report: dict[str, Any], mapping: Iterable[Any], unit: str = "") -> list[Mapped]:
    """The mapping, sorted by arch, part and stage, what is kept beside last. unit: the one in which the models are, where the report asks.

    One arch or both. A whole arch has no gap from the lowest stage of all; a tooth or gingiva has none between its first and its last.
    Raises MappingRefused naming each field, its value and the remedy.
    """
    rows: list[dict[str, Any]] = report.get("files", [])
    factor = _factor(report, unit)
    place = {row["name"]: index for index, row in enumerate(rows)}
    errors: dict[str, str] = {}
    taken: dict[Source, dict[int, Mapped]] = defaultdict(dict)
    beside: list[Mapped] = []
    for entry in mapping:
        name = entry.get("name")
        if name not in place:
            errors[""] = _("The ZIP holds no file “%(name)s”. Reload the page to see what it holds.") % {"name": name}
            continue
        at = place[name]
        if entry.get("kind", STAGE) in BESIDE:
            beside.append(Mapped(name=name, arch=None, stage=None, kind=entry["kind"], part=entry.get("part") or WHOLE))
        elif wrong := _wrong(entry, rows[at], at):
            errors |= wrong
        else:
            row = _plain(entry)
            if factor is not None:
                row["scale"] = factor
            stage, source = int(entry["stage"]), source_of(entry)
            if other := taken[source].get(stage):
                words = _("%(arch)s stage %(stage)s is given to “%(first)s” and to “%(name)s”. Leave one out, or enter another stage.")
                errors[f"stage-{at}"] = words % {"arch": source.words(), "stage": stage, "first": other["name"], "name": name}
            taken[source][stage] = row
    if not any(taken.values()) and not errors:
        errors[""] = _("No file has an arch and a stage. Keep at least one file.")
    if not errors:
        errors = _both_ways(taken) or _gaps(taken)
    if errors:
        raise MappingRefused(errors)
    ordered = sorted(taken, key=lambda source: (ARCHES.index(source.arch), source.part, source.which))
    return [*(taken[source][stage] for source in ordered for stage in sorted(taken[source])), *beside]


def _plain(entry: Mapping[str, Any]) -> Mapped:
    row = Mapped(name=entry["name"], arch=entry["arch"], stage=entry["stage"])
    if (entry.get("part") or WHOLE) != WHOLE:
        row["kind"], row["part"] = STAGE, entry["part"]
        row["fdi"], row["group"] = entry.get("fdi"), entry.get("group")
    return row


def _wrong(entry: Mapping[str, Any], found: Mapping[str, Any], at: int) -> dict[str, str]:
    """What is wrong with one file's answer: {field: sentence}."""
    name, arch, stage, fdi = entry["name"], entry.get("arch"), entry.get("stage"), entry.get("fdi")
    if found.get("refused"):
        return {f"stage-{at}": _("“%(name)s” was refused and cannot be used. Leave it out.") % {"name": name}}
    if arch not in ARCHES:
        return {f"arch-{at}": _("“%(name)s” has no arch. Choose Upper or Lower, or leave the file out.") % {"name": name}}
    if not isinstance(stage, int) or isinstance(stage, bool) or not 0 <= stage <= LAST_STAGE:
        words = _("“%(stage)s” is no stage for “%(name)s”. Enter a whole number from 0 to %(last)s, or leave the file out.")
        return {f"stage-{at}": words % {"stage": "" if stage is None else stage, "name": name, "last": LAST_STAGE}}
    if fdi is not None and fdi not in ALL_FDI:
        words = _("“%(fdi)s” is no tooth for “%(name)s”. Choose a tooth, or leave the file out.")
        return {f"fdi-{at}": words % {"fdi": fdi, "name": name}}
    if fdi is not None and arch_of(fdi) != arch:
        words = _("“%(name)s” is tooth %(fdi)s, which stands in the other arch. Correct the tooth or the arch.")
        return {f"arch-{at}": words % {"name": name, "fdi": fdi}}
    return {}


def _both_ways(taken: Mapping[Source, object]) -> dict[str, str]:
    """An arch that is there as a whole and in single teeth would be shown twice."""
    for arch in ARCHES:
        parts = {source.part for source in taken if source.arch == arch}
        if WHOLE in parts and TOOTH in parts:
            words = _("%(arch)s is there as a whole and in single teeth. Leave out the files of one of the two.")
            return {"": words % {"arch": arch_words(arch)}}
    return {}


def _gaps(taken: Mapping[Source, Mapping[int, object]]) -> dict[str, str]:
    first = min(min(stages) for stages in taken.values() if stages)
    said = []
    for source in sorted(taken, key=lambda source: (ARCHES.index(source.arch), source.part, source.which)):
        stages = taken[source]
        begin = first if source.part == WHOLE else min(stages)
        missing = [n for n in range(begin, max(stages)) if n not in stages]
        if missing:
            words = _("%(arch)s stage %(missing)s is missing; %(arch_lower)s stages reach from %(first)s to %(last)s.")
            listed = ", ".join(map(str, missing[:8])) + (" …" if len(missing) > 8 else "")
            about = {"arch": source.words(), "arch_lower": source.words(inside=True)}
            said.append(words % (about | {"missing": listed, "first": begin, "last": max(stages)}))
    if not said:
        return {}
    if len(said) > MOST_SAID:
        more = len(said) - MOST_SAID
        said = [*said[:MOST_SAID], ngettext("%(n)s more part has gaps.", "%(n)s more parts have gaps.", more) % {"n": more}]
    return {"": " ".join([*said, _("Upload a ZIP that has the file, or correct the stages.")])}

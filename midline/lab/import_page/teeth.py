"""Tooth numbers: proposed from the shapes, confirmed by a person."""

from collections.abc import Mapping
from dataclasses import dataclass

from midline.lab.import_page.files import Posted
from midline.setups.models import Part, SetupVersion
from midline.setups.services.mapping import arch_words


@dataclass(frozen=True)
class ToothRow:
    key: str
    place: int
    value: str
    percent: int
    moves: bool
    error: str


@dataclass(frozen=True)
class ToothArch:
    """The teeth of one arch from the patient's right to left, and the numbers (FDI) to choose from, permanent ones first."""

    arch: str
    label: str
    rows: list[ToothRow]
    permanent: list[int]
    primary: list[int]


def tooth_arches(version: SetupVersion, posted: Posted | None = None, errors: Mapping[str, str] | None = None) -> list[ToothArch]:
    """Proposed or confirmed numbers, in order along each arch."""
    quadrants = {"upper": ((1, 2), (5, 6)), "lower": ((4, 3), (8, 7))}
    parts = list(version.parts.filter(kind="tooth").order_by("key"))
    found = []
    for arch, (permanent, primary) in quadrants.items():
        rows = [
            ToothRow(
                key=part.key,
                place=place,
                value=posted.get(f"tooth-{part.key}", "") if posted is not None else str(part.fdi or ""),
                percent=round(100 * part.fdi_confidence),
                moves=part.moves,
                error=(errors or {}).get(part.key, ""),
            )
            for place, part in enumerate((p for p in parts if p.arch == arch), start=1)
        ]
        if rows:
            found.append(ToothArch(arch, arch_words(arch), rows, _along(permanent, 8), _along(primary, 5)))
    return found


def _along(quadrants: tuple[int, int], size: int) -> list[int]:
    right, left = quadrants
    return [right * 10 + n for n in range(size, 0, -1)] + [left * 10 + n for n in range(1, size + 1)]


def numbers_posted(version: SetupVersion, posted: Posted) -> dict[str, int | None]:
    """part key → FDI number, None for "no number"; a key that was not sent is left out, so that the service names it."""
    found: dict[str, int | None] = {}
    for part in Part.objects.filter(version=version, kind="tooth"):
        value = posted.get(f"tooth-{part.key}")
        if value is not None:
            found[part.key] = int(value) if value.isdecimal() and len(value) < 4 else None
    return found

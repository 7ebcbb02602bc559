"""Tooth numbers in file names: in which system they were found, and what they mean in another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from midline.records.mesh_words import in_words
from midline.setups.numbers import SYSTEMS, arch_of, fdi_of
from midline.setups.services.mapping import STAGE, TOOTH

SHOWN: Final = 2


@dataclass(frozen=True)
class Numbering:
    """The banner: the system in use, why, two examples ("8 → 11"), and which systems have all the numbers."""

    system: str
    why: str
    assumed: bool
    chosen: bool
    examples: list[tuple[str, int]]
    systems: list[tuple[str, bool]]


def numbering_of(report: Mapping[str, Any], chosen: str = "") -> Numbering | None:
    """None when no file name holds a tooth number: then numbers are proposed from the shapes."""
    labels = sorted({row["number"] for row in report.get("files", []) if row.get("number")}, key=lambda label: (len(label), label))
    if not labels or report.get("package"):
        return None
    about = report["numbering"]
    by_hand = chosen or report.get("numbering_chosen", "")
    system = by_hand or about["system"]
    pairs = [(label, fdi) for label in labels if (fdi := fdi_of(label, system)) is not None]
    step = max(1, len(pairs) // SHOWN)
    fits = about.get("fits") or list(SYSTEMS)
    return Numbering(
        system=system,
        why=_("You chose it.") if by_hand else in_words(about["why"]),
        assumed=about["assumed"] and not by_hand,
        chosen=bool(by_hand),
        examples=pairs[::step][:SHOWN],
        systems=[(name, name in fits or name == about["system"]) for name in SYSTEMS],
    )


def renumbered(report: Mapping[str, Any], chosen: str) -> list[dict[str, Any]]:
    """The rows of a report with their labels read in another system; the arch then follows the tooth, for the name said only the label."""
    rows: list[dict[str, Any]] = report.get("files", [])
    if chosen not in SYSTEMS or chosen == report.get("numbering", {}).get("system"):
        return rows
    found = []
    for row in rows:
        label = row.get("number")
        if not label or row.get("part") != TOOTH or row["refused"] or row.get("kind", STAGE) != STAGE:
            found.append(row)
            continue
        fdi = fdi_of(label, chosen)
        if fdi is None:
            said = f"“{label}” is no tooth number in {chosen}."
            found.append(row | {"fdi": None, "confidence": 0.5, "reason": said})
        else:
            found.append(row | {"fdi": fdi, "arch": arch_of(fdi), "confidence": max(row["confidence"], 0.9), "reason": None})
    return found

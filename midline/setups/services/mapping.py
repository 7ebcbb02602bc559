"""Which file is which arch and stage: checks the technician's answer before any work is done on it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, TypedDict

from django.utils.translation import gettext as _

from midline.core.errors import Refused

ARCHES: Final = ("upper", "lower")
LAST_STAGE: Final = 500


class Mapped(TypedDict):
    """One file that is taken: its name in the ZIP, upper or lower, the number of its stage."""

    name: str
    arch: str
    stage: int


class MappingRefused(Refused):
    """Every wrong field of a mapping at once. errors: {"stage-3": sentence}, numbered like the files of the report; "" is the whole."""

    def __init__(self, errors: dict[str, str]) -> None:
        field, reason = next(iter(errors.items()))
        super().__init__(reason, field=field or None)
        self.errors = errors


def arch_words(arch: str) -> str:
    return _("Upper") if arch == "upper" else _("Lower")


def checked(report: dict[str, Any], mapping: Iterable[Any]) -> list[Mapped]:
    """The mapping, sorted by arch and stage. One arch or both; each arch without gaps from the lowest stage of all.

    Raises MappingRefused naming each field, its value and the remedy.
    """
    rows: list[dict[str, Any]] = report.get("files", [])
    place = {row["name"]: index for index, row in enumerate(rows)}
    errors: dict[str, str] = {}
    taken: dict[str, dict[int, str]] = defaultdict(dict)
    for entry in mapping:
        name, arch, stage = entry.get("name"), entry.get("arch"), entry.get("stage")
        if name not in place:
            errors[""] = _("The ZIP holds no file “%(name)s”. Reload the page to see what it holds.") % {"name": name}
            continue
        at = place[name]
        if rows[at].get("refused"):
            errors[f"stage-{at}"] = _("“%(name)s” was refused and cannot be used. Leave it out.") % {"name": name}
        elif arch not in ARCHES:
            errors[f"arch-{at}"] = _("“%(name)s” has no arch. Choose Upper or Lower, or leave the file out.") % {"name": name}
        elif not isinstance(stage, int) or isinstance(stage, bool) or not 0 <= stage <= LAST_STAGE:
            words = _("“%(stage)s” is no stage for “%(name)s”. Enter a whole number from 0 to %(last)s, or leave the file out.")
            errors[f"stage-{at}"] = words % {"stage": "" if stage is None else stage, "name": name, "last": LAST_STAGE}
        elif stage in taken[arch]:
            words = _("%(arch)s stage %(stage)s is given to “%(first)s” and to “%(name)s”. Leave one out, or enter another stage.")
            errors[f"stage-{at}"] = words % {"arch": arch_words(arch), "stage": stage, "first": taken[arch][stage], "name": name}
        else:
            taken[arch][stage] = name
    if not any(taken.values()) and not errors:
        errors[""] = _("No file has an arch and a stage. Keep at least one file.")
    if not errors:
        errors = _gaps(taken)
    if errors:
        raise MappingRefused(errors)
    return [Mapped(name=taken[arch][stage], arch=arch, stage=stage) for arch in ARCHES for stage in sorted(taken.get(arch, {}))]


def _gaps(taken: dict[str, dict[int, str]]) -> dict[str, str]:
    first = min(min(stages) for stages in taken.values() if stages)
    said = []
    for arch in ARCHES:
        stages = taken.get(arch)
        missing = [n for n in range(first, max(stages)) if n not in stages] if stages else []
        if stages and missing:
            words = _("%(arch)s stage %(missing)s is missing; %(arch_lower)s stages reach from %(first)s to %(last)s.")
            listed = ", ".join(map(str, missing[:8])) + (" …" if len(missing) > 8 else "")
            lower = arch_words(arch).lower()
            said.append(words % {"arch": arch_words(arch), "missing": listed, "arch_lower": lower, "first": first, "last": max(stages)})
    return {"": " ".join([*said, _("Upload a ZIP that has the file, or correct the stages.")])} if said else {}

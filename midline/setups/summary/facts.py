"""What a treatment summary says, in the reader's language and tooth numbers. No identity where the reader sees none."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final

from django.utils import dateformat, formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import actions_on
from midline.cases.queries import type_words
from midline.core.storage import files
from midline.people.models import User
from midline.people.numbering import tooth_number
from midline.people.policies import Actor
from midline.setups.models import Decision, SetupVersion
from midline.setups.summary.writing import is_writable
from midline.setups.words import before_in_words, point_in_words, source_in_words, until_in_words

COLUMNS: Final = ("mesial_mm", "buccal_mm", "occlusal_mm", "rotation_deg", "tip_deg", "torque_deg")
VIEWS: Final = ("front", "right", "left", "upper", "lower")


@dataclass(frozen=True)
class Table:
    """A table of the paper: its title, what stands under the title, heads and rows. empty: said where there are no rows."""

    title: str
    lead: str
    heads: list[str]
    rows: list[list[str]]
    empty: str


@dataclass(frozen=True)
class Chart:
    """What is drawn into the two rows of teeth. numbers: FDI → as the reader writes it, of the teeth that are there, taken out or pontics;
    contacts and attached: FDI → the words at it; out and pontics: FDI."""

    numbers: dict[int, str]
    moving: frozenset[int]
    contacts: dict[tuple[int, int], str]
    attached: dict[int, str]
    out: frozenset[int]
    pontics: frozenset[int]


@dataclass(frozen=True)
class Picture:
    words: str
    start: bytes | None
    end: bytes


@dataclass(frozen=True)
class Summary:
    title: str
    subject: str
    number: str
    version: int
    facts: list[tuple[str, str]]
    notes: str
    pictures: list[Picture]
    chart: Chart
    iprs: Table
    attachments: Table
    gaps: Table
    movements: Table
    footer: str
    language: str
    start_words: str
    end_words: str


def summary_of(version: SetupVersion, actor: Actor, language: str) -> Summary:
    """The summary of a published version as `actor` may read it. Two readers with the same rights, language and numbers get the same."""
    case = version.case
    named = Action.SEE_IDENTITY in actions_on(actor, case) and case.patient is not None
    subject = _subject(case) if named else _("Patient hidden")
    number: Callable[[int], str] = partial(_number, numbering=actor.user.numbering)
    values = {"case": case.number, "n": version.number}
    iprs, attachments = _iprs(version, number), _attachments(version, number)
    return Summary(
        title=_("Treatment summary"),
        subject=subject,
        number=case.number or "",
        version=version.number,
        facts=_facts(version, actor),
        notes=version.notes.strip(),
        pictures=_pictures(version),
        chart=_chart(version, number),
        iprs=iprs,
        attachments=attachments,
        gaps=_gaps(version, number),
        movements=_movements(version, number),
        footer=_("Case %(case)s, version %(n)s") % values + f" · {version.content_hash[:12]}",
        language=language,
        start_words=_("Start"),
        end_words=_("Planned end"),
    )


def _subject(case: Case) -> str:
    """The patient's name; where the paper has no letters for it, that it stands with the case."""
    name = case.patient.name if case.patient else ""
    return name if is_writable(name) else _("the patient of case %(number)s") % {"number": case.number}


def _number(fdi: int, numbering: str) -> str:
    """As the reader writes it; Palmer in letters ("UL1"), because the corners are in no font of the paper."""
    if numbering != User.Numbering.PALMER:
        return tooth_number(fdi, numbering)
    quadrant, unit = divmod(fdi, 10)
    return ("UR", "UL", "LL", "LR")[(quadrant - 1) % 4] + (chr(ord("A") + unit - 1) if quadrant > 4 else str(unit))


def _facts(version: SetupVersion, actor: Actor) -> list[tuple[str, str]]:
    case = version.case
    approved = version.decisions.filter(kind=Decision.Kind.APPROVED).select_related("by").first()
    state = _("Not approved")
    if approved is not None:
        state = _("Approved by %(name)s on %(date)s") % {"name": approved.by.name, "date": _date(approved.at)}
    moving = version.movements.values("fdi").distinct().count()
    numbering = {User.Numbering.UNIVERSAL: _("Universal"), User.Numbering.PALMER: _("Palmer, in letters")}
    facts = [
        (_("Provider"), f"{case.provider.name}, {case.practice.name}"),
        (_("Treatment"), type_words(case)),
        (_("Version"), f"{version.number}, {_date(version.published_at)}" if version.published_at else str(version.number)),
        (_("Decision"), state),
        (_("Stages"), _("%(upper)s upper, %(lower)s lower") % {"upper": version.stages_upper, "lower": version.stages_lower}),
        (_("Teeth that move"), str(moving)),
        (_("Wear schedule"), version.wear_schedule),
        (_("Tooth numbers"), numbering.get(User.Numbering(actor.user.numbering), "FDI")),
        (_("Content"), version.content_hash),
    ]
    return [(label, words) for label, words in facts if words]


def _date(moment: object) -> str:
    return dateformat.format(timezone.localtime(moment), pgettext("date format", "j F Y"))  # type: ignore[arg-type]


def _pictures(version: SetupVersion) -> list[Picture]:
    """The pictures made in the import, each view that has one, at the start and at the planned end."""
    words = {"front": _("Front"), "right": _("Right"), "left": _("Left"), "upper": _("Upper"), "lower": _("Lower")}
    found = []
    for view in VIEWS:
        end = version.pictures.get(view)
        start = version.pictures.get(f"{view}_start") or (version.pictures.get("start") if view == "front" else None)
        if end:
            found.append(Picture(words[view], _read(start["key"]) if start else None, _read(end["key"])))
    return found


def _read(key: str) -> bytes:
    with files().open(key) as file:
        return file.read()


def _chart(version: SetupVersion, number: Callable[[int], str]) -> Chart:
    there = {fdi for fdi in version.parts.values_list("fdi", flat=True) if fdi}
    out = frozenset(version.extractions.values_list("tooth", flat=True))
    pontics = frozenset(version.pontics.values_list("tooth", flat=True))
    contacts: dict[tuple[int, int], list[str]] = defaultdict(list)
    for row in version.iprs.all():
        contacts[row.tooth_a, row.tooth_b].append(_decimal(row.amount_mm, 2))
    attached = {row.tooth: f"{row.added_stage}–{row.removed_stage or ''}" for row in version.attachments.order_by("-added_stage")}
    return Chart(
        numbers={fdi: number(fdi) for fdi in there | out | pontics},
        moving=frozenset(version.movements.values_list("fdi", flat=True)),
        contacts={teeth: " + ".join(amounts) for teeth, amounts in contacts.items()},
        attached=attached,
        out=out,
        pontics=pontics,
    )


def _iprs(version: SetupVersion, number: Callable[[int], str]) -> Table:
    rows = list(version.iprs.order_by("before_stage", "id"))
    total = _decimal(sum((row.amount_mm for row in rows), Decimal(0)), 2)
    return Table(
        _("IPR"),
        _("%(amount)s mm in total") % {"amount": total} if rows else "",
        [_("Contact"), _("Amount"), _("Due")],
        [
            [
                f"{number(row.tooth_a)}–{number(row.tooth_b)}",
                f"{_decimal(row.amount_mm, 2)} mm",
                _("before stage %(n)s") % {"n": row.before_stage},
            ]
            for row in rows
        ],
        _("No IPR is planned."),
    )


def _attachments(version: SetupVersion, number: Callable[[int], str]) -> Table:
    surfaces = {"buccal": _("buccal"), "lingual": _("lingual")}
    groups: dict[tuple[str, str, int, int | None], list[int]] = defaultdict(list)
    for row in version.attachments.all():
        words = ", ".join(part for part in (row.shape, row.size) if part)
        groups[words, row.surface, row.added_stage, row.removed_stage].append(row.tooth)
    count = sum(len(teeth) for teeth in groups.values())
    return Table(
        _("Attachments"),
        ngettext("%(n)s attachment", "%(n)s attachments", count) % {"n": count} if count else "",
        [_("Teeth"), _("Shape"), _("Surface"), _("On at stage"), _("Off at stage")],
        [
            [
                ", ".join(number(tooth) for tooth in sorted(teeth)),
                words,
                surfaces.get(surface, surface),
                str(added),
                str(removed) if removed is not None else _("stays"),
            ]
            for (words, surface, added, removed), teeth in groups.items()
        ],
        _("No attachments are planned."),
    )


def _gaps(version: SetupVersion, number: Callable[[int], str]) -> Table:
    rows = [[number(row.tooth), _("Extraction"), before_in_words(row.before_stage)] for row in version.extractions.all()]
    rows += [[number(row.tooth), _("Pontic"), until_in_words(row.until_stage)] for row in version.pontics.all()]
    heads = [_("Tooth"), _("What is planned"), _("When")]
    return Table(_("Extractions and pontics"), "", heads, rows, _("Neither extractions nor pontics are planned."))


def _movements(version: SetupVersion, number: Callable[[int], str]) -> Table:
    """Each tooth at its last stage, in words a clinician uses: "0.9 mm mesial". A value that reads 0.0 has no direction."""
    directions = (
        (_("mesial"), _("distal")), (_("buccal"), _("lingual")), (_("extrusion"), _("intrusion")),
        (_("mesial out"), _("mesial in")), (_("mesial"), _("distal")), (_("root lingual"), _("root buccal")),
    )  # fmt: skip
    last: dict[int, list[float]] = {}
    for fdi, *values in version.movements.order_by("fdi", "stage").values_list("fdi", *COLUMNS):
        last[fdi] = values
    rows = []
    for fdi, values in sorted(last.items()):
        cells = [number(fdi)]
        for n, value in enumerate(values):
            unit = " mm" if n < 3 else "°"
            shown = _decimal(abs(value), 1)
            cells.append(f"{shown}{unit} {directions[n][value < 0]}" if abs(value) >= 0.05 else "–")
        rows.append(cells)
    point = point_in_words(version.plan.get("reference_point", ""))
    lead = _("Planned in total, in mm and degrees against the start.")
    if point:
        lead += " " + _("Measured at: %(point)s.") % {"point": point}
    source = source_in_words(str(version.plan.get("movement_source", "")))
    lead = " ".join(part for part in (lead, _("Planned positions; biology may differ."), source) if part)
    heads = [_("Tooth"), _("Mesio-distal"), _("Bucco-lingual"), _("Vertical"), _("Rotation"), _("Tip"), _("Torque")]
    return Table(_("Movements"), lead, heads, rows, _("No tooth is planned to move."))


def _decimal(value: float | Decimal, places: int) -> str:
    return formats.number_format(round(float(value), places), decimal_pos=places)

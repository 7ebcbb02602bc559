"""A version before it is published: tooth numbers confirmed, the plan's words written down; then published, and frozen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.models import Case, Order
from midline.cases.services import order_move
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.people.policies import Actor
from midline.setups.events import SetupPublished
from midline.setups.models import IPR, Attachment, Extraction, Pontic, SetupImport, SetupVersion
from midline.setups.services.content import content_hash
from midline.setups.services.imports import order_planned
from midline.setups.services.movements import LAB, MovementTable, computed_write, movements_write, table_errors, table_write

PERMANENT: Final = {quadrant * 10 + position for quadrant in (1, 2, 3, 4) for position in range(1, 9)}
PRIMARY: Final = {quadrant * 10 + position for quadrant in (5, 6, 7, 8) for position in range(1, 6)}
TEETH: Final = PERMANENT | PRIMARY
_UPPER: Final = {1, 2, 5, 6}
SURFACES: Final = ("buccal", "lingual")
LONGEST_NOTES: Final = 4000
LONGEST_POINT: Final = 80


class FieldsRefused(Refused):
    """Every wrong field at once. errors: {field: sentence}."""

    def __init__(self, errors: dict[str, str]) -> None:
        field, reason = next(iter(errors.items()))
        super().__init__(reason, field=field)
        self.errors = errors


@dataclass(frozen=True)
class IprRow:
    """Interproximal reduction at one contact: two neighbouring teeth (FDI), mm, the stage before which it is due."""

    tooth_a: int
    tooth_b: int
    amount_mm: Decimal
    before_stage: int


@dataclass(frozen=True)
class AttachmentRow:
    """An attachment: tooth (FDI), surface, shape, size, first stage with it, first stage without it (None: stays)."""

    tooth: int
    surface: str
    shape: str
    size: str
    added_stage: int
    removed_stage: int | None = None


@dataclass(frozen=True)
class PonticRow:
    """A tooth (FDI) shown in a gap, to the last stage with it (None: to the end)."""

    tooth: int
    until_stage: int | None = None


@dataclass(frozen=True)
class ExtractionRow:
    """A tooth (FDI) that is taken out before a stage; 0: before the treatment begins."""

    tooth: int
    before_stage: int


def arch_of(fdi: int) -> str:
    return "upper" if fdi // 10 in _UPPER else "lower"


def neighbours(first: int, second: int, present: Collection[int] = ()) -> bool:
    """Whether two teeth (FDI) touch: of one arch, with no tooth of `present` between them.

    Where no tooth is numbered (`present` empty), next to each other or round one missing tooth.
    """
    if first == second or arch_of(first) != arch_of(second):
        return False
    low, high = sorted((_along(first), _along(second)))
    if not present:
        return 1 <= high - low <= 2
    return not any(arch_of(tooth) == arch_of(first) and low < _along(tooth) < high for tooth in present)


def _along(fdi: int) -> int:
    """Places from the midline, negative on the patient's right; no place 0, so that 11 and 21 are one apart."""
    quadrant, position = divmod(fdi, 10)
    return -position if quadrant in {1, 4, 5, 8} else position - 1


def _mine(version: SetupVersion, by: Actor) -> SetupVersion:
    """The version, locked, unpublished, in the hands of its planner. Raises PermissionDenied, NotAllowedNow."""
    order = order_planned(version.order, by)
    locked = SetupVersion.objects.select_for_update().filter(pk=version.pk).first()
    if locked is None:
        raise NotAllowedNow(_("This version was discarded or built again meanwhile. Reload the page."))
    if locked.published_at:
        raise NotAllowedNow(_("Version %(n)s is published and does not change any more.") % {"n": locked.number})
    locked.order, locked.case = order, order.case
    return locked


@transaction.atomic
def teeth_confirm(*, version: SetupVersion, numbers: Mapping[str, int | None], by: Actor) -> SetupVersion:
    """Takes the number (FDI) of every tooth part, None for one without a number, and works the movements out anew.

    Raises FieldsRefused naming each part whose number is missing, of another arch, no tooth, or given twice.
    """
    locked = _mine(version, by)
    parts = list(locked.parts.filter(kind="tooth"))
    errors: dict[str, str] = {}
    taken: dict[int, str] = {}
    for part in parts:
        if part.key not in numbers:
            errors[part.key] = _("Tooth %(key)s has no answer. Choose its number, or “No number”.") % {"key": part.key}
            continue
        fdi = numbers[part.key]
        if fdi is None:
            continue
        if fdi not in TEETH:
            errors[part.key] = _("There is no tooth %(fdi)s in FDI. Choose a number from the list.") % {"fdi": fdi}
        elif arch_of(fdi) != part.arch:
            words = _("Tooth %(fdi)s stands in the other arch. Choose a number of this arch.")
            errors[part.key] = words % {"fdi": fdi}
        elif fdi in taken:
            errors[part.key] = _("Number %(fdi)s is given twice. Choose another number for one of the two teeth.") % {"fdi": fdi}
        else:
            taken[fdi] = part.key
    given = set(locked.movements.values_list("fdi", flat=True)) if locked.plan.get("movement_source") == LAB else set()
    for part in parts:
        if part.fdi in given - taken.keys():
            words = _("The movements that the lab gave name tooth %(fdi)s. Keep the number, or go back to worked-out movements first.")
            errors.setdefault(part.key, words % {"fdi": part.fdi})
    if errors:
        raise FieldsRefused(errors)
    locked.parts.update(fdi=None)
    for part in parts:
        part.fdi, part.fdi_confidence = numbers[part.key], 1.0
        part.save(update_fields=["fdi", "fdi_confidence"])
    if not given:
        movements_write(locked, parts)
    locked.plan["teeth_confirmed"] = True
    locked.save(update_fields=["plan"])
    return locked


@transaction.atomic
def plan_write(
    *,
    version: SetupVersion,
    by: Actor,
    iprs: Iterable[IprRow],
    attachments: Iterable[AttachmentRow],
    pontics: Iterable[PonticRow] | None = None,
    extractions: Iterable[ExtractionRow] | None = None,
    wear_schedule: str = "",
    notes: str = "",
    movements: MovementTable | Literal["computed"] | None = None,
) -> SetupVersion:
    """Writes IPR, attachments, wear schedule and notes, in place of what stood there; pontics and extractions too, where they are given.

    movements: the lab's own table, which then stands in for the worked-out one; "computed" goes back to that; None leaves what stands.

    Raises FieldsRefused with fields named like the form: "ipr-0-amount_mm", "attachment-2-tooth", "notes".
    """
    locked = _mine(version, by)
    ipr_rows, attachment_rows = list(iprs), list(attachments)
    pontic_rows = None if pontics is None else list(pontics)
    extraction_rows = None if extractions is None else list(extractions)
    errors = plan_errors(locked, ipr_rows, attachment_rows, pontic_rows or (), extraction_rows or ())
    parts = list(locked.parts.filter(kind="tooth"))
    if isinstance(movements, MovementTable):
        wrong = table_errors(movements, parts, {"upper": locked.stages_upper, "lower": locked.stages_lower})
        if len(movements.reference_point) > LONGEST_POINT:
            wrong.append(_("The reference point is longer than %(max)s characters. Name it in a few words.") % {"max": LONGEST_POINT})
        if wrong:
            errors["movements-csv"] = " ".join(wrong)
    if len(notes) > LONGEST_NOTES:
        errors["notes"] = _("The notes are %(n)s characters long. At most %(max)s fit.") % {"n": len(notes), "max": LONGEST_NOTES}
    if len(wear_schedule) > 200:
        errors["wear_schedule"] = _("The wear schedule is %(n)s characters long. At most 200 fit.") % {"n": len(wear_schedule)}
    if errors:
        raise FieldsRefused(errors)
    locked.iprs.all().delete()
    locked.attachments.all().delete()
    IPR.objects.bulk_create(IPR(version=locked, **vars(row)) for row in ipr_rows)
    Attachment.objects.bulk_create(Attachment(version=locked, **vars(row)) for row in attachment_rows)
    if pontic_rows is not None:
        locked.pontics.all().delete()
        Pontic.objects.bulk_create(Pontic(version=locked, **vars(row)) for row in pontic_rows)
    if extraction_rows is not None:
        locked.extractions.all().delete()
        Extraction.objects.bulk_create(Extraction(version=locked, **vars(row)) for row in extraction_rows)
    locked.wear_schedule, locked.notes = wear_schedule.strip(), notes.strip()
    if isinstance(movements, MovementTable):
        table_write(locked, movements)
    elif movements == "computed" and locked.plan.get("movement_source") == LAB:
        computed_write(locked, parts)
    locked.save(update_fields=["wear_schedule", "notes", "plan"])
    return locked


def plan_errors(
    version: SetupVersion,
    iprs: Sequence[IprRow] = (),
    attachments: Sequence[AttachmentRow] = (),
    pontics: Sequence[PonticRow] = (),
    extractions: Sequence[ExtractionRow] = (),
) -> dict[str, str]:
    """What keeps rows from being written to this version: {"ipr-0-amount_mm": sentence}."""
    last = max(version.stages_upper, version.stages_lower)
    present = {fdi for fdi in version.parts.values_list("fdi", flat=True) if fdi is not None}
    lasts = {"upper": version.stages_upper, "lower": version.stages_lower}
    gaps = _pontic_errors(pontics, lasts, present) | _extraction_errors(extractions, lasts)
    return _ipr_errors(iprs, last, present) | _attachment_errors(attachments, last, present) | gaps


def _standing_errors(version: SetupVersion) -> dict[str, str]:
    """What of the stored plan no longer fits the version: its tooth numbers can be corrected after the rows were written."""
    return plan_errors(
        version,
        [IprRow(row.tooth_a, row.tooth_b, row.amount_mm, row.before_stage) for row in version.iprs.all()],
        [
            AttachmentRow(row.tooth, row.surface, row.shape, row.size, row.added_stage, row.removed_stage)
            for row in version.attachments.all()
        ],
        [PonticRow(row.tooth, row.until_stage) for row in version.pontics.all()],
        [ExtractionRow(row.tooth, row.before_stage) for row in version.extractions.all()],
    )


def _no_tooth(fdi: int, present: Collection[int]) -> str:
    """What is wrong with a tooth number; nothing when it is a tooth of this setup."""
    if fdi not in TEETH:
        return _("There is no tooth %(fdi)s in FDI. Enter 11 to 48, or 51 to 85 for a primary tooth.") % {"fdi": fdi}
    if present and fdi not in present:
        return _("Tooth %(fdi)s is not in this setup. Correct the number, or the tooth numbers above.") % {"fdi": fdi}
    return ""


def _twice(kind: str, rows: Sequence[PonticRow | ExtractionRow]) -> dict[str, str]:
    seen: set[int] = set()
    errors = {}
    for n, row in enumerate(rows):
        if row.tooth in seen:
            errors[f"{kind}-{n}-tooth"] = _("Tooth %(fdi)s stands in two lines. Leave one out.") % {"fdi": row.tooth}
        seen.add(row.tooth)
    return errors


def _pontic_errors(rows: Sequence[PonticRow], lasts: Mapping[str, int], present: Collection[int]) -> dict[str, str]:
    errors = _twice("pontic", rows)
    for n, row in enumerate(rows):
        if row.tooth not in TEETH:
            errors[f"pontic-{n}-tooth"] = _no_tooth(row.tooth, ())
            continue
        if row.tooth in present:
            words = _("Tooth %(fdi)s is in this setup; a pontic stands in a gap. Correct the number, or the tooth numbers above.")
            errors[f"pontic-{n}-tooth"] = words % {"fdi": row.tooth}
        last = lasts[arch_of(row.tooth)]
        if row.until_stage is not None and not 0 <= row.until_stage <= last:
            words = _("Stage %(stage)s is not in this arch. Enter 0 to %(last)s, or leave it empty when the pontic stays.")
            errors[f"pontic-{n}-until_stage"] = words % {"stage": row.until_stage, "last": last}
    return errors


def _extraction_errors(rows: Sequence[ExtractionRow], lasts: Mapping[str, int]) -> dict[str, str]:
    errors = _twice("extraction", rows)
    for n, row in enumerate(rows):
        if row.tooth not in TEETH:
            errors[f"extraction-{n}-tooth"] = _no_tooth(row.tooth, ())
            continue
        last = lasts[arch_of(row.tooth)]
        if not 0 <= row.before_stage <= last:
            words = _("Stage %(stage)s is not in this arch. Enter 0 for before the treatment, else 1 to %(last)s.")
            errors[f"extraction-{n}-before_stage"] = words % {"stage": row.before_stage, "last": last}
    return errors


def _ipr_errors(rows: Sequence[IprRow], last: int, present: Collection[int]) -> dict[str, str]:
    errors: dict[str, str] = {}
    seen = set()
    for n, row in enumerate(rows):
        key = (min(row.tooth_a, row.tooth_b), max(row.tooth_a, row.tooth_b), row.before_stage)
        wrong = {name: words for name in ("tooth_a", "tooth_b") if (words := _no_tooth(getattr(row, name), present))}
        errors |= {f"ipr-{n}-{name}": words for name, words in wrong.items()}
        if not wrong and not neighbours(row.tooth_a, row.tooth_b, present):
            words = _("%(a)s and %(b)s do not touch. Choose two neighbouring teeth of one arch.")
            errors[f"ipr-{n}-tooth_b"] = words % {"a": row.tooth_a, "b": row.tooth_b}
        if not 0 < row.amount_mm <= 1 or row.amount_mm != round(row.amount_mm, 2):
            words = _("%(mm)s mm is no amount of IPR. Enter 0.01 to 1.00 mm, in steps of 0.01.")
            errors[f"ipr-{n}-amount_mm"] = words % {"mm": row.amount_mm}
        if not 1 <= row.before_stage <= max(last, 1):
            words = _("Stage %(stage)s is not in this setup. Enter 1 to %(last)s.")
            errors[f"ipr-{n}-before_stage"] = words % {"stage": row.before_stage, "last": max(last, 1)}
        if key in seen:
            words = _("The contact %(a)s–%(b)s has IPR before stage %(stage)s twice. Put both amounts into one line.")
            errors[f"ipr-{n}-tooth_a"] = words % {"a": row.tooth_a, "b": row.tooth_b, "stage": row.before_stage}
        seen.add(key)
    return errors


def _attachment_errors(rows: Sequence[AttachmentRow], last: int, present: Collection[int]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for n, row in enumerate(rows):
        if words := _no_tooth(row.tooth, present):
            errors[f"attachment-{n}-tooth"] = words
        if row.surface not in SURFACES:
            errors[f"attachment-{n}-surface"] = _("“%(surface)s” is no surface. Choose buccal or lingual.") % {"surface": row.surface}
        if not row.shape.strip() or len(row.shape) > 40:
            errors[f"attachment-{n}-shape"] = _("The shape is missing or longer than 40 characters. Name it, for example “Ellipsoid”.")
        if len(row.size) > 40:
            errors[f"attachment-{n}-size"] = _("The size is longer than 40 characters. Write it short, for example “3.5 × 2 mm”.")
        if not 0 <= row.added_stage <= last:
            words = _("Stage %(stage)s is not in this setup. Enter 0 to %(last)s.")
            errors[f"attachment-{n}-added_stage"] = words % {"stage": row.added_stage, "last": last}
        if row.removed_stage is not None and not row.added_stage < row.removed_stage <= last:
            words = _("It cannot come off at stage %(stage)s. Enter %(first)s to %(last)s, or leave it empty when it stays.")
            errors[f"attachment-{n}-removed_stage"] = words % {"stage": row.removed_stage, "first": row.added_stage + 1, "last": last}
    return errors


@transaction.atomic
def version_publish(*, version: SetupVersion, by: Actor, note: str = "") -> SetupVersion:
    """Freezes the version, moves the order to Awaiting approval and tells everybody who sees the case. By its planner, once.

    Asked again by the same planner after it happened, nothing changes. Raises PermissionDenied, NotAllowedNow (the order moved on, built
    again, numbers not confirmed, a plan that does not fit them, a newer version stands).
    """
    # Locked before it is looked at: of two presses at once the second gets the version that the first published.
    Case.objects.select_for_update().get(pk=version.case_id)
    done = SetupVersion.objects.filter(pk=version.pk, published_at__isnull=False, published_by=by.user).first()
    if done:
        return done
    locked = _mine(version, by)
    item = SetupImport.objects.select_for_update().filter(version=locked).first()
    if item is not None and item.state != SetupImport.State.BUILT:
        raise NotAllowedNow(_("This version is being built again. Wait until that is done."))
    if not locked.plan.get("teeth_confirmed") and locked.parts.filter(kind="tooth").exists():
        raise NotAllowedNow(_("The tooth numbers are only proposed. Confirm them, then publish."))
    if wrong := _standing_errors(locked):
        words = _("The plan does not fit the tooth numbers: %(sentence)s Save the plan corrected, then publish.")
        raise NotAllowedNow(words % {"sentence": next(iter(wrong.values()))})
    if locked.number != locked.case.newest_version + 1:
        raise NotAllowedNow(_("Version %(n)s was published meanwhile. Upload this setup again.") % {"n": locked.case.newest_version})
    locked.content_hash = content_hash(locked)
    locked.published_at, locked.published_by = clock.now(), by.user
    locked.save(update_fields=["content_hash", "published_at", "published_by"])
    if item is not None:
        item.state = SetupImport.State.PUBLISHED
        item.save(update_fields=["state"])
    order = Order.objects.get(pk=locked.order_id)
    order_move(order=order, event="publish", by=by, words=note.strip()[:500], version=locked.number)
    told = {"version": locked.number, "stages_upper": locked.stages_upper, "stages_lower": locked.stages_lower, "note": note.strip()[:500]}
    activity.record(SetupPublished.of(locked.case, by, subject_kind="setup", subject_id=locked.pk, **told))
    return locked

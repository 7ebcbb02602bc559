"""What the jobs write when a step is done: one short transaction each, fenced by the claim, so that no stale worker overwrites."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction

from meshes import teeth
from midline.activity import services as activity
from midline.cases.models import Case, Order
from midline.core import clock
from midline.jobs.services import Claim
from midline.setups.events import ImportFailed
from midline.setups.models import IPR, Attachment, Movement, Part, SetupImport, SetupVersion, Stage

Row = TypeVar("Row", IPR, Attachment)


class Replaced(Exception):
    """The import was discarded, replaced or sent again meanwhile: what this job did must not be recorded."""


@dataclass(frozen=True)
class Built:
    """What a build left behind, already in the store. plan as `meshes` wrote it; files and pictures as SetupVersion keeps them."""

    plan: dict[str, Any]
    files: dict[str, dict[str, Any]]
    pictures: dict[str, dict[str, Any]]


def import_of(claim: Claim, state: SetupImport.State) -> SetupImport:
    """The import this job works on. Raises Replaced when it is not this job's, or not in this step, any more."""
    item = SetupImport.objects.filter(pk=claim.payload["import"], job_id=claim.id, state=state).first()
    if item is None:
        raise Replaced
    return item


def progress_shown(claim: Claim, item: SetupImport, line: dict[str, Any]) -> None:
    """Shows a line of progress in job and import. Raises LeaseLost or Replaced when there is no point in going on."""
    claim.beat(line)
    if not SetupImport.objects.filter(pk=item.pk, job_id=claim.id, state=item.state).update(progress=line):
        raise Replaced


def _locked(claim: Claim, item: SetupImport) -> SetupImport:
    claim.hold()
    Case.objects.select_for_update().get(pk=item.case_id)
    locked = SetupImport.objects.select_for_update().filter(pk=item.pk, job_id=claim.id, state=item.state).first()
    if locked is None:
        raise Replaced
    return locked


@transaction.atomic
def import_read(*, claim: Claim, item: SetupImport, report: dict[str, Any], thumbs: dict[str, Any]) -> SetupImport:
    """Reading is done: the report waits for the technician's answer."""
    locked = _locked(claim, item)
    locked.state, locked.report, locked.thumbs = SetupImport.State.MATCHING, report, thumbs
    locked.save(update_fields=["state", "report", "thumbs"])
    return locked


@transaction.atomic
def import_failed(*, claim: Claim, item: SetupImport, step: str, file: str, reason: str, remedy: str) -> SetupImport:
    """A step refused: the file and the reason stand on the page, the ZIP and everything answered stay."""
    locked = _locked(claim, item)
    locked.state = SetupImport.State.FAILED
    locked.report = locked.report | {"failure": {"step": step, "file": file, "reason": reason, "remedy": remedy}}
    locked.error = " ".join(part for part in (f"{file}:" if file else "", reason, remedy) if part)
    locked.save(update_fields=["state", "report", "error"])
    told = {"import": locked.pk, "file": file, "reason": reason, "remedy": remedy}
    case = Case.objects.get(pk=locked.case_id)
    activity.record(ImportFailed.of(case, None, subject_kind="import", subject_id=locked.pk, **told))
    return locked


@transaction.atomic
def import_built(*, claim: Claim, item: SetupImport, built: Built) -> SetupVersion:
    """Building is done: the version with all its rows, unpublished. What was typed beside an earlier build is carried over."""
    locked = _locked(claim, item)
    order = Order.objects.get(pk=locked.order_id)
    earlier = SetupVersion.objects.filter(case_id=locked.case_id, number=locked.number, published_at=None).first()
    kept = _Kept.of(earlier)
    if earlier:
        locked.version = None
        locked.save(update_fields=["version"])
        earlier.delete()
    plan = built.plan
    version = SetupVersion.objects.create(
        case_id=locked.case_id,
        order=order,
        number=locked.number,
        stages_upper=plan["stages"].get("upper", 0),
        stages_lower=plan["stages"].get("lower", 0),
        original_key=locked.key,
        original_name=locked.filename,
        original_size=locked.size,
        original_sha256=locked.sha256,
        files=built.files,
        pictures=built.pictures,
        plan={key: value for key, value in plan.items() if key not in {"parts", "poses", "frames", "movements", "error_um"}},
        error_um=plan["error_um"],
        wear_schedule=kept.wear_schedule,
        notes=kept.notes,
        made_by_id=locked.added_by_id,
        made_in=order.planner_workspace,
        made_at=clock.now(),
    )
    parts = [
        Part(
            version=version,
            key=part["key"],
            arch=part["arch"],
            kind=part["kind"],
            fdi=part["fdi"],
            fdi_confidence=part["fdi_confidence"] or 0,
            moves=part["moves"],
            label_point=part["label_point"],
            frame=plan["frames"].get(part["key"]),
            poses=plan["poses"][part["key"]],
        )
        for part in plan["parts"]
    ]
    if kept.teeth.keys() == {part.key for part in parts if part.kind == "tooth"}:
        for part in parts:
            part.fdi = kept.teeth.get(part.key)
    Part.objects.bulk_create(parts)
    movements_write(version, parts)
    first = plan.get("first_stage", 0)
    Stage.objects.bulk_create(
        Stage(version=version, arch=row["arch"], number=row["stage"] - first, file=row["name"][-255:]) for row in locked.mapping
    )
    IPR.objects.bulk_create(_copied(row, version) for row in kept.iprs)
    Attachment.objects.bulk_create(_copied(row, version) for row in kept.attachments)
    locked.state, locked.version = SetupImport.State.BUILT, version
    locked.save(update_fields=["state", "version"])
    return version


def movements_write(version: SetupVersion, parts: list[Part]) -> None:
    """The movement table of every numbered tooth that moves, from stage 1 on (stage 0 is where it starts), in place of what stood there."""
    version.movements.all().delete()
    names = teeth.COLUMNS[1:]
    rows = []
    for part in parts:
        if part.fdi is None or part.frame is None or not part.moves:
            continue
        for row in teeth.movement_rows(teeth.ToothMotion(part.frame, part.poses), part.fdi)[1:]:
            rows.append(Movement(version=version, fdi=part.fdi, stage=int(row[0]), **dict(zip(names, row[1:], strict=True))))
    Movement.objects.bulk_create(rows, batch_size=1000)


@dataclass(frozen=True)
class _Kept:
    """What people typed beside a build; it outlives another build of the same import. Tooth numbers ask to be confirmed again."""

    wear_schedule: str
    notes: str
    iprs: list[IPR]
    attachments: list[Attachment]
    teeth: dict[str, int | None]

    @classmethod
    def of(cls, version: SetupVersion | None) -> "_Kept":
        if version is None:
            return cls("", "", [], [], {})
        numbers = dict(version.parts.filter(kind="tooth").values_list("key", "fdi"))
        return cls(version.wear_schedule, version.notes, list(version.iprs.all()), list(version.attachments.all()), numbers)


def _copied(row: Row, version: SetupVersion) -> Row:
    row.pk, row.version = None, version
    row._state.adding = True
    return row

"""What the jobs write when a step is done: one short transaction each, fenced by the claim, so that no stale worker overwrites."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from posixpath import commonpath
from typing import Any, TypeVar

from django.db import transaction

from midline.activity import services as activity
from midline.cases.models import Case, Order
from midline.core import clock
from midline.core.storage import Stored
from midline.jobs.services import Claim
from midline.setups.events import ImportFailed
from midline.setups.models import IPR, Attachment, Extraction, Part, Pontic, SetupImport, SetupVersion, Stage
from midline.setups.services.carrying import answers_before, left_before, numbers_by_position
from midline.setups.services.imports import send
from midline.setups.services.mapping import BESIDE
from midline.setups.services.movements import COMPUTED, MovementTable, movements_write, table_errors, table_write

Row = TypeVar("Row", IPR, Attachment, Pontic, Extraction)


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
def import_read(
    *, claim: Claim, item: SetupImport, report: dict[str, Any], thumbs: dict[str, Any], mended: Stored | None = None
) -> SetupImport:
    """Reading is done: the report waits for the technician's answer, beside it what was answered before to files of the same names.

    mended: the ZIP that was made of what is whole and of what was supplied; it is the one to work with from here on, and what it was made
    of is kept beside it. A setup package asks nothing: it is built at once.
    """
    locked = _locked(claim, item)
    if mended:
        _take_mended(locked, mended)
    there = {row["name"] for row in report.get("files", []) if not row["refused"]}
    kept = {name: row for name, row in locked.report.get("kept", {}).items() if name in there}
    report = report | ({"kept": kept} if kept else {}) | ({"go_on": True} if locked.report.get("go_on") else {})
    locked.state, locked.report, locked.thumbs = SetupImport.State.MATCHING, report, thumbs
    if report.get("package"):
        locked.mapping = [{key: row[key] for key in ("name", "kind", "part", "arch", "stage", "fdi", "group")} for row in report["files"]]
        return send(locked, SetupImport.State.BUILDING)
    if carried := answers_before(locked, report) if report else {}:
        locked.report = report | {"carried": carried}
    locked.save()
    return locked


def _take_mended(item: SetupImport, mended: Stored) -> None:
    """The made ZIP in place of the one that came, which is kept as it came."""
    if not any(about.get("zip") for about in item.received):
        first = {"name": item.filename, "key": item.key, "size": item.size, "sha256": item.sha256, "takes": "", "joined": True, "zip": True}
        item.received = [first, *item.received]
    item.received = [about | {"joined": True} for about in item.received]
    item.key, item.size, item.sha256 = mended.key, mended.size, mended.sha256


@transaction.atomic
def import_failed(*, claim: Claim, item: SetupImport, step: str, file: str, reason: str, remedy: str, whole: int = 0) -> SetupImport:
    """A step refused: the file and the reason stand on the page, the ZIP and everything answered stay.

    whole: how many models of the ZIP can be used without what was refused.
    """
    locked = _locked(claim, item)
    locked.state = SetupImport.State.FAILED
    failure = {"step": step, "file": file, "reason": reason, "remedy": remedy} | ({"whole": str(whole)} if whole else {})
    locked.report = locked.report | {"failure": failure}
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
    own = _Own.of(plan)
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
        wear_schedule=kept.wear_schedule or own.wear_schedule,
        notes=kept.notes or own.notes,
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
    version.plan |= {"movement_source": plan.get("movement_source", COMPUTED), "beside": beside_of(locked)}
    if "package" in plan:
        version.plan["teeth_confirmed"] = True
    elif kept.teeth.keys() == {part.key for part in parts if part.kind == "tooth"}:
        for part in parts:
            part.fdi = kept.teeth.get(part.key)
    elif earlier is None and (before := left_before(locked)):
        version.plan["numbers_from"] = before[0] if numbers_by_position(parts, before[1]["teeth"]) else None
    Part.objects.bulk_create(parts)
    table = MovementTable.of_plan(plan) or kept.table
    if table is not None and not table_errors(table, parts, plan["stages"]):
        table_write(version, table)
    else:
        movements_write(version, parts)
        version.plan["table_dropped"] = table is not None
    version.save(update_fields=["plan"])
    staged = sorted(stages_of(locked, plan).items())
    Stage.objects.bulk_create(Stage(version=version, arch=arch, number=number, file=name[-255:]) for (arch, number), name in staged)
    rows = (own if earlier is None else kept).rows
    IPR.objects.bulk_create(_copied(row, version) for row in rows.iprs)
    Attachment.objects.bulk_create(_copied(row, version) for row in rows.attachments)
    Pontic.objects.bulk_create(_copied(row, version) for row in rows.pontics)
    Extraction.objects.bulk_create(_copied(row, version) for row in rows.extractions)
    locked.state, locked.version = SetupImport.State.BUILT, version
    locked.save(update_fields=["state", "version"])
    return version


def stages_of(item: SetupImport, plan: dict[str, Any]) -> dict[tuple[str, int], str]:
    """(arch, stage) → the file it came from, or the folder or first file where each tooth has one of its own."""
    if item.report.get("package"):
        return {(arch, number): "setup.json" for arch, last in plan["stages"].items() for number in range(last + 1)}
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row in item.mapping:
        if row.get("kind") not in BESIDE:
            found[row["arch"], row["stage"] - plan.get("first_stage", 0)].append(row["name"])
    return {place: names[0] if len(names) == 1 else (commonpath(names) or names[0]) for place, names in found.items()}


def beside_of(item: SetupImport) -> list[dict[str, str]]:
    """The models that are kept with the original beside the stages: [{name, kind}]."""
    return [{"name": row["name"], "kind": row["kind"]} for row in item.mapping if row.get("kind") in BESIDE]


@dataclass(frozen=True)
class _Rows:
    """The tables of a plan."""

    iprs: list[IPR]
    attachments: list[Attachment]
    pontics: list[Pontic]
    extractions: list[Extraction]


@dataclass(frozen=True)
class _Own:
    """What a setup package says beside its models; nothing for other exports."""

    wear_schedule: str
    notes: str
    rows: _Rows

    @classmethod
    def of(cls, plan: dict[str, Any]) -> "_Own":
        said = plan.get("package", {})
        iprs = [
            IPR(
                tooth_a=row["teeth"][0],
                tooth_b=row["teeth"][1],
                amount_mm=_amount(row["amount_mm"]),
                before_stage=row["before_stage"],
            )
            for row in said.get("ipr", [])
        ]
        attachments = [Attachment(**row) for row in said.get("attachments", [])]
        pontics = [Pontic(**row) for row in said.get("pontics", [])]
        extractions = [Extraction(**row) for row in said.get("extractions", [])]
        return cls(said.get("wear_schedule", ""), said.get("notes", ""), _Rows(iprs, attachments, pontics, extractions))


def _amount(value: float) -> Decimal:
    """An amount of IPR in the steps of 0.01 mm in which it is stored."""
    return max(Decimal("0.01"), Decimal(f"{value:.2f}"))


@dataclass(frozen=True)
class _Kept:
    """What people typed beside a build; it outlives another build of the same import. Tooth numbers ask to be confirmed again."""

    wear_schedule: str
    notes: str
    rows: _Rows
    teeth: dict[str, int | None]
    table: MovementTable | None

    @classmethod
    def of(cls, version: SetupVersion | None) -> "_Kept":
        if version is None:
            return cls("", "", _Rows([], [], [], []), {}, None)
        numbers = dict(version.parts.filter(kind="tooth").values_list("key", "fdi"))
        gaps = list(version.pontics.all()), list(version.extractions.all())
        rows = _Rows(list(version.iprs.all()), list(version.attachments.all()), *gaps)
        return cls(version.wear_schedule, version.notes, rows, numbers, MovementTable.of(version))


def _copied(row: Row, version: SetupVersion) -> Row:
    row.pk, row.version = None, version
    row._state.adding = True
    return row

"""A ZIP on its way to a version: begun, matched, built by a job, tried again, replaced or discarded. Its planner alone does this."""

from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from meshes.tooth_numbers import SYSTEMS
from midline.cases.actions import Action
from midline.cases.models import Case, Order, Status
from midline.cases.policies import may
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.storage import Stored, files, reserve
from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.people.policies import Actor
from midline.records.models import Upload
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.queries import OPEN_IMPORT, import_standing
from midline.setups.services import mapping as matching
from midline.setups.services.carrying import left_of

LARGEST_BYTES: Final = 1_000_000_000
ATTEMPTS: Final = 3
READ_JOB: Final = "setups.read"
BUILD_JOB: Final = "setups.build"
_ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06")


def order_planned(order: Order, by: Actor) -> Order:
    """The order, locked with its case, when `by` is its planner and the lab is at work on it. Call it inside a transaction.

    Raises PermissionDenied without the right to publish, NotAllowedNow when somebody else is the planner or the order moved on.
    """
    case = Case.objects.select_for_update().get(pk=order.case_id)
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    fresh.case = case
    refuse_others(fresh, by)
    return fresh


def refuse_others(order: Order, by: Actor) -> None:
    """Raises PermissionDenied or NotAllowedNow as `order_planned` does, without a lock: for before a slow upload is taken."""
    planner = (order.planner_id, order.planner_workspace) == (by.user_id, by.workspace)
    if not may(by, Action.TAKE, order.case):
        raise PermissionDenied
    if order.state is not Status.IN_PRODUCTION:
        raise NotAllowedNow(_("This order is “%(status)s” now, so no setup can be added to it.") % {"status": order.state.label})
    if not planner:
        raise NotAllowedNow(_("Only the planner who took this order can do this. Ask them to hand it over."))


class _Zip:
    """Passes bytes on, and refuses what does not begin like a ZIP or is larger than an import may be."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        self.source, self.name, self.size = source, name, 0

    def read(self, count: int = -1) -> bytes:
        chunk = self.source.read(count)
        if self.size == 0 and not chunk.startswith(_ZIP_STARTS):
            words = _("“%(name)s” is not a ZIP. Pack the staged models into a ZIP and choose that.")
            raise Refused(words % {"name": self.name}, field="file")
        self.size += len(chunk)
        if self.size > LARGEST_BYTES:
            raise too_large(self.name, self.size)
        return chunk


def too_large(name: str, size: int) -> Refused:
    words = _("“%(name)s” has %(size)s MB; %(most)s MB is the most. Export with fewer triangles, or leave out what is no staged model.")
    return Refused(words % {"name": name, "size": size // 1_000_000, "most": LARGEST_BYTES // 1_000_000}, field="file")


def plain_name(filename: str) -> str:
    """The last part of what a browser sent as the file's name, without control characters, at most 120 characters long."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[-120:] or "setup.zip"


def import_begin(*, order: Order, by: Actor, source: BinaryIO, filename: str, replaces: bool = False) -> SetupImport:
    """Stores the ZIP and begins to read it. A failed import of this order gives way; another open one only when `replaces`.

    The bytes are stored before any transaction begins, so that a slow upload locks nothing. Raises PermissionDenied, NotAllowedNow, Refused
    (no ZIP, too large), StorageFull.
    """
    fresh = Order.objects.select_related("case").get(pk=order.pk)
    refuse_others(fresh, by)
    name = plain_name(filename)
    reserve(LARGEST_BYTES // 10)
    stored = files().store(_Zip(source, name))  # type: ignore[arg-type]
    return import_record(order=fresh, by=by, stored=stored, filename=name, replaces=replaces)


@transaction.atomic
def import_record(*, order: Order, by: Actor, stored: Stored, filename: str, replaces: bool = False) -> SetupImport:
    """An import of a ZIP that the store holds already (a finished resumable upload), and the job that reads it."""
    fresh = order_planned(order, by)
    if stored.size > LARGEST_BYTES:
        raise too_large(filename, stored.size)
    for earlier in SetupImport.objects.select_for_update().filter(case_id=fresh.case_id, state__in=OPEN_IMPORT):
        if earlier.order_id == fresh.pk and not replaces and import_standing(earlier).state is not SetupImport.State.FAILED:
            words = _("Version %(n)s is already being made from “%(name)s”. Discard it first, or say that the new ZIP replaces it.")
            raise NotAllowedNow(words % {"n": earlier.number, "name": earlier.filename})
        _drop(earlier)
    item = SetupImport.objects.create(
        case_id=fresh.case_id,
        order=fresh,
        number=fresh.case.newest_version + 1,
        filename=plain_name(filename),
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        added_by=by.user,
        added_at=clock.now(),
    )
    return send(item, SetupImport.State.READING)


def import_received(upload: Upload, stored: Stored, by: Actor) -> None:
    """A resumable upload of a setup is whole: it becomes an import, in place of an open one. Raises Refused, which the uploader sees."""
    try:
        import_record(order=upload.order, by=by, stored=stored, filename=upload.filename, replaces=True)
    except NotAllowedNow as late:
        raise Refused(late.reason, field="file") from late


@transaction.atomic
def import_map(*, item: SetupImport, mapping: list[Any], by: Actor, numbering: str = "", unit: str = "") -> SetupImport:
    """Takes the technician's answer, [{name, arch, stage}] of the files to use, and begins to build. It may be given again until published.

    numbering: the system in which they read the tooth numbers of the file names, "" for the one that was found. unit: in which the models
    are, where the report asks; it is kept with each row of the mapping.
    Raises MappingRefused with every wrong field; then nothing is changed.
    """
    locked = mine(item, by)
    state = import_standing(locked).state
    if state in {SetupImport.State.READING, SetupImport.State.BUILDING} or not locked.report.get("files"):
        raise NotAllowedNow(_("The files are still being read or built. Wait until that is done."))
    refusal = locked.report.get("layout_refusal")
    if refusal:
        raise Refused(str(refusal))
    locked.mapping = [dict(row) for row in matching.checked(locked.report, mapping, unit)]
    if numbering in SYSTEMS:
        locked.report["numbering_chosen"] = numbering
    return send(locked, SetupImport.State.BUILDING)


@transaction.atomic
def import_retry(*, item: SetupImport, by: Actor) -> SetupImport:
    """A failed import begins its failed step again: reading, or building with the same mapping."""
    locked = mine(item, by)
    standing = import_standing(locked)
    if standing.state is not SetupImport.State.FAILED:
        raise NotAllowedNow(_("This import has not failed, so there is nothing to try again."))
    build = bool(locked.mapping) and bool(locked.report.get("files")) and standing.failure.get("step") != "read"
    return send(locked, SetupImport.State.BUILDING if build else SetupImport.State.READING)


@transaction.atomic
def import_discard(*, item: SetupImport, by: Actor) -> SetupImport:
    """Ends an import that is not wanted, with the version it made; what is published stays."""
    locked = mine(item, by)
    _drop(locked)
    return locked


def mine(item: SetupImport, by: Actor) -> SetupImport:
    """The import, locked, still open, in the hands of its planner."""
    order = order_planned(item.order, by)
    locked = SetupImport.objects.select_for_update().get(pk=item.pk)
    if locked.state not in OPEN_IMPORT:
        words = _("This import is “%(state)s”, so nothing about it can change any more.")
        raise NotAllowedNow(words % {"state": SetupImport.State(locked.state).label})
    locked.order = order
    return locked


def _drop(item: SetupImport) -> None:
    version = SetupVersion.objects.filter(pk=item.version_id or 0, published_at=None).first()
    item.state, item.version = SetupImport.State.DISCARDED, None
    if version:
        item.report["left"] = left_of(version)
    item.save(update_fields=["state", "version", "report"])
    if version:
        version.delete()
    if item.job_id:
        Job.objects.filter(pk=item.job_id, state=Job.State.WAITING).delete()


def send(item: SetupImport, state: SetupImport.State) -> SetupImport:
    """To the queue: a fresh job for this step. A job of an earlier try finds itself replaced and stops."""
    kind = READ_JOB if state is SetupImport.State.READING else BUILD_JOB
    item.state, item.error, item.progress = state, "", {}
    item.report.pop("failure", None)
    item.save()
    Job.objects.filter(pk=item.job_id or 0, state=Job.State.WAITING).delete()
    item.job_id = jobs.enqueue(kind, {"import": item.pk}, max_attempts=ATTEMPTS).pk
    item.save(update_fields=["job_id"])
    return item

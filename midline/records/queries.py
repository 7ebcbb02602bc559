"""Reads of records and uploads: what fills the slots of an order, what a case page shows, which file an address means."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.models import Case, Order
from midline.cases.policies import actions_on
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.records.models import Record, Slot, Upload

SCANS: Final = (Slot.UPPER_SCAN, Slot.LOWER_SCAN, Slot.BITE)
PHOTOS: Final = (
    Slot.FACE_REST, Slot.FACE_SMILE, Slot.PROFILE, Slot.FRONT_BITE, Slot.RIGHT_BITE, Slot.LEFT_BITE,
    Slot.UPPER_OCCLUSAL, Slot.LOWER_OCCLUSAL,
)  # fmt: skip
XRAYS: Final = (Slot.PANORAMIC, Slot.LATERAL_CEPH, Slot.FULL_SET)

# Which action opens which file of a record. The policy has the last word on what the action means for whom.
FILE_ACTIONS: Final = {
    "thumb": Action.VIEW,
    "shown": Action.VIEW,
    "model": Action.VIEW,
    "original": Action.DOWNLOAD_ORIGINALS,
    "scrubbed": Action.DOWNLOAD,
}
_SUFFIX_OF_TYPE: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "model/gltf-binary": "glb",
    "application/pdf": "pdf",
    "application/dicom": "dcm",
    "application/zip": "zip",
    "model/stl": "stl",
    "model/ply": "ply",
    "model/obj": "obj",
}


def records_of(actor: Actor, case: Case) -> QuerySet[Record]:
    """The records of a case that the actor already may view. The lab sees an order from Submitted on, so no draft's records either."""
    rows = Record.objects.filter(case=case).select_related("order", "added_by")
    return rows.filter(order__submitted_at__isnull=False) if actor.workspace == Workspace.LAB else rows


@dataclass(frozen=True)
class FileCopy:
    """One stored file as it is sent: where, under which name, as what."""

    key: str
    sha256: str
    name: str
    content_type: str


def file_copy(record: Record, what: str, case: Case, allowed: frozenset[Action]) -> FileCopy:
    """The file that `what` names. Names are neutral but for the original's. Raises Http404 when the record has none.

    A PDF cannot be scrubbed: without a copy of its own it is the original, and hidden identity closes it (PermissionDenied).
    """
    neutral = f"{case.number}_{record.slot}"
    match what:
        case "thumb" if record.thumb_key:
            return FileCopy(record.thumb_key, record.thumb_sha256, f"{neutral}_small.webp", "image/webp")
        case "shown" if record.served_key:
            kind = str(record.meta.get("shown_type", "image/jpeg"))
            return FileCopy(record.served_key, record.served_sha256, f"{neutral}.{_SUFFIX_OF_TYPE[kind]}", kind)
        case "shown" if record.content_type == "application/pdf":
            if Action.SEE_IDENTITY not in allowed:
                raise PermissionDenied
            return FileCopy(record.key, record.sha256, f"{neutral}.pdf", "application/octet-stream")
        case "model" if record.model_key:
            return FileCopy(record.model_key, record.model_sha256, f"{neutral}.glb", "model/gltf-binary")
        case "scrubbed" if "scrubbed_key" in record.meta:
            ending = "stl" if record.model_key else "dcm"
            return FileCopy(record.meta["scrubbed_key"], record.meta["scrubbed_sha256"], f"{neutral}.{ending}", "application/octet-stream")
        case "scrubbed" if record.served_key:
            return file_copy(record, "shown", case, allowed)
        case "original":
            return FileCopy(record.key, record.sha256, record.filename, "application/octet-stream")
    raise Http404


def note_file_access(request: PortalRequest, case: Case, record: Record) -> None:
    """One row in the access log for all pictures, ranges and repeats of one record by one person within a minute."""
    activity.record_file_access(request, f"records:file/{record.pk}", case.pk)


@dataclass(frozen=True)
class Place:
    """One slot of an order's form: what fills it, and what is on its way into it."""

    slot: Slot
    record: Record | None
    upload: Upload | None
    other_upload: bool = False
    shows_names: bool = True

    @property
    def state(self) -> str:
        """filled, checking, refused, broken (bytes stopped coming) or empty; the upload on its way goes before what is there."""
        if self.upload is not None:
            states = {Upload.State.RECEIVING: "broken", Upload.State.CHECKING: "checking", Upload.State.REFUSED: "refused"}
            if self.upload.state in states:
                return states[Upload.State(self.upload.state)]
        return "filled" if self.record else "empty"

    @property
    def others(self) -> list[Slot]:
        """Where else a record of this kind may stand."""
        return [slot for slot in Slot if slot.family == self.slot.family and slot is not self.slot]

    @property
    def percent(self) -> int:
        return int(100 * self.upload.offset / self.upload.size) if self.upload else 0


def places(order: Order, actor: Actor, slots: tuple[Slot, ...], *, shows_names: bool = True) -> list[Place]:
    """The slots in their order, in two queries. An upload is shown to its uploader alone; others learn that one is on its way."""
    filled = {r.slot: r for r in Record.objects.filter(order=order, slot__in=slots, removed_at=None).order_by("id")}
    open_states = [Upload.State.RECEIVING, Upload.State.CHECKING, Upload.State.REFUSED]
    rows = Upload.objects.filter(order=order, purpose="record", slot__in=slots, state__in=open_states).order_by("created_at")
    mine = {u.slot: u for u in rows if (u.person_id, u.workspace) == (actor.user_id, actor.workspace)}
    others = {u.slot for u in rows if u.state == Upload.State.CHECKING and u.slot not in mine}
    return [Place(slot, filled.get(slot), mine.get(slot), slot in others, shows_names) for slot in slots]


def being_checked(order: Order) -> set[str]:
    """Slots whose file has wholly come and is being read: submitting waits for these."""
    return set(Upload.objects.filter(order=order, purpose="record", state=Upload.State.CHECKING).values_list("slot", flat=True))


@dataclass(frozen=True)
class Tile:
    """One record on the case page. `opens` says how a click shows it: picture, model, file, or nothing."""

    record: Record
    label: str
    opens: str
    original: bool
    scrubbed: bool
    caption: str


@dataclass(frozen=True)
class Gallery:
    tiles: list[Tile] = field(default_factory=list)
    older: int = 0

    @property
    def count(self) -> int:
        return len(self.tiles)


def gallery(case: Case, actor: Actor, allowed: frozenset[Action] | None = None) -> Gallery:
    """What fills each slot of the case, newest order first, scans before photos before X-rays. One query beside the policy's."""
    allowed = actions_on(actor, case) if allowed is None else allowed
    rows = list(records_of(actor, case).order_by("-id"))
    newest: dict[str, Record] = {}
    for record in rows:
        if record.removed_at is None:
            newest.setdefault(record.slot, record)
    tiles = [_tile(newest[slot], allowed) for slot in Slot.values if slot in newest]
    return Gallery(tiles, len(rows) - len(tiles))


def _tile(record: Record, allowed: frozenset[Action]) -> Tile:
    is_pdf = record.content_type == "application/pdf"
    opens = "model" if record.model_key else "picture" if record.served_key else "file" if is_pdf else ""
    if is_pdf and Action.SEE_IDENTITY not in allowed:
        opens = ""
    original = Action.DOWNLOAD_ORIGINALS in allowed
    scrubbed = Action.DOWNLOAD in allowed and not original and ("scrubbed_key" in record.meta or bool(record.served_key))
    caption = f"{record.meta['triangles']:,}" if record.meta.get("triangles") else ""
    return Tile(record, str(Slot(record.slot).label), opens, original, scrubbed, caption)


def keys_named(keys: Iterable[str]) -> set[str]:
    """Those of `keys` that a record names, removed ones included: what the orphan sweep must leave alone."""
    wanted = list(keys)
    columns = ("key", "served_key", "thumb_key", "model_key", "meta__scrubbed_key")
    named: set[str] = set()
    for column in columns:
        named.update(Record.objects.filter(**{f"{column}__in": wanted}).values_list(column, flat=True))
    return named

"""Writes on uploads and records. A 2xx is durable: bytes are synced before their offset is acknowledged, files before their row."""

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.models import Case, Order, Status
from midline.cases.policies import may
from midline.cases.services import case_touch, need_answer
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.storage import Stored, reserve
from midline.jobs.services import enqueue
from midline.people.policies import Actor
from midline.records import incoming
from midline.records.events import RecordAdded, RecordMoved, RecordRemoved
from midline.records.models import Record, Slot, Upload
from midline.records.policies import SETUP, may_become_record, may_upload
from midline.records.reasons import sentence

MB: Final = 1_000_000
LIMITS: Final = {"scan": 120 * MB, "photo": 30 * MB, "xray": 200 * MB, "document": 30 * MB, SETUP: 1000 * MB}
KEPT_UNTOUCHED: Final = timedelta(days=7)

Receiver = Callable[[Upload, Stored, Actor], None]
RECEIVERS: dict[str, Receiver] = {}


def receive(purpose: str, receiver: Receiver) -> None:
    """A higher room takes uploads of `purpose`: called with the stored file, in the transaction that marks the upload taken.

    It may raise Refused (the uploader sees the reason); it runs again after a crash only if that transaction was lost.
    """
    RECEIVERS[purpose] = receiver


def family_of(purpose: str, slot: str) -> str:
    """scan, photo, xray, document or setup: decides limits and accepted contents. Raises Refused for a slot that does not exist."""
    if purpose == SETUP:
        return SETUP
    if slot not in Slot.values or purpose != "record":
        raise Refused(_("There is no place named “%(slot)s” for records.") % {"slot": slot[:40]}, field="slot")
    return Slot(slot).family


def clean_name(name: str) -> str:
    """What the person called the file, without folders, control and direction characters; at most 200 characters, the ending kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    if len(plain) > 200:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{stem[: 199 - len(ending)]}{dot}{ending}" if dot and len(ending) < 10 else plain[:200]
    return plain or "file"


@transaction.atomic
def upload_begin(*, order: Order, by: Actor, filename: str, size: int, slot: str = "", purpose: str = "record") -> Upload:
    """A place for `size` bytes. Raises PermissionDenied, Refused (size, slot), NotAllowedNow (closed order), StorageFull."""
    if not may_upload(by, order, purpose):
        raise PermissionDenied
    if order.state.is_closed:
        raise NotAllowedNow(_("This order is closed, so it takes no more files."))
    family, name = family_of(purpose, slot), clean_name(filename)
    if size <= 0:
        raise Refused(sentence("empty", {}, name=name, family=family), field="file")
    if size > LIMITS[family]:
        values = {"size": f"{size / MB:,.1f}", "limit": LIMITS[family] // MB}
        raise Refused(sentence("too_large", values, name=name, family=family), field="file")
    reserve(size)
    upload = Upload(
        person=by.user, workspace=by.workspace, case=order.case, order=order, purpose=purpose, slot=slot, filename=name, size=size
    )
    upload.created_at = upload.touched_at = clock.now()
    incoming.create(upload.pk)
    upload.save()
    return upload


def upload_write(*, upload: Upload, by: Actor, offset: int, source: Any) -> Upload:
    """Appends what `source` gives at `offset`; what the returned upload's offset covers is on disk.

    Raises NotAllowedNow for a wrong offset, a second writer or a whole upload (409); incoming.TooMuch, StorageFull. The whole upload
    is handed to the check in the transaction that notes its last byte.
    """
    if not may_upload(by, upload.order, upload.purpose):
        raise PermissionDenied
    try:
        with incoming.held(upload.pk) as file:
            fresh = Upload.objects.get(pk=upload.pk)
            if fresh.state != Upload.State.RECEIVING or fresh.offset != offset:
                raise NotAllowedNow(_("This upload stands at byte %(offset)s.") % {"offset": fresh.offset})
            reserve(fresh.size - fresh.offset)
            reached, more = incoming.append(file, at=offset, until=fresh.size, source=source)
            _advance(fresh, reached)
    except incoming.Busy as error:
        raise NotAllowedNow(_("Another connection is sending this file.")) from error
    except FileNotFoundError as error:
        Upload.objects.filter(pk=upload.pk).delete()
        raise Upload.DoesNotExist from error
    if more:
        raise incoming.TooMuch
    return fresh


@transaction.atomic
def _advance(upload: Upload, reached: int) -> None:
    upload.offset, upload.touched_at = reached, clock.now()
    upload.save(update_fields=["offset", "touched_at"])
    if reached == upload.size:
        upload_finish(upload=upload)


@transaction.atomic
def upload_finish(*, upload: Upload) -> Upload:
    """The last byte is there: the check begins, as a job. Again is harmless."""
    if upload.offset == upload.size and upload.state == Upload.State.RECEIVING:
        upload.state = Upload.State.CHECKING
        upload.save(update_fields=["state"])
        enqueue("records.check", {"upload": str(upload.pk)}, key=f"records.check:{upload.pk}", max_attempts=6)
    return upload


@transaction.atomic
def upload_discard(*, upload: Upload, by: Actor) -> None:
    """The uploader gives it up: row and bytes go. One that became a record only forgets the upload, never the record."""
    if upload.person_id != by.user_id or upload.workspace != by.workspace:
        raise PermissionDenied
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(lambda: incoming.remove(upload.pk))


@transaction.atomic
def upload_refuse(*, upload: Upload, reason: str) -> None:
    """The content is not taken. The row stays with its reason until the slot is filled or the sweep comes; the bytes go."""
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.REFUSED, reason=reason, touched_at=clock.now())
    transaction.on_commit(lambda: incoming.remove(upload.pk))


@transaction.atomic
def upload_hand_over(*, upload: Upload, stored: Stored, by: Actor) -> None:
    """An upload that is no record goes to the room that asked for its purpose."""
    _order, _case = _locked(upload.order_id)
    RECEIVERS[upload.purpose](upload, stored, by)
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.TAKEN)
    transaction.on_commit(lambda: incoming.remove(upload.pk))


@transaction.atomic
def record_add(
    *, upload: Upload, by: Actor, original: Stored, content_type: str, copies: dict[str, Stored], meta: dict[str, Any]
) -> Record:
    """The checked upload becomes the record that fills its slot; the one that stood there is kept, removed. One event.

    The same bytes for the same slot again are the record that is there already. Raises PermissionDenied when the uploader may not any more.
    """
    order, case = _locked(upload.order_id)
    if not may_become_record(by, upload, order):
        raise PermissionDenied
    shown = Record.objects.filter(order=order, slot=upload.slot, removed_at=None).order_by("-id").first()
    if shown is None or shown.sha256 != original.sha256:
        record = _create(upload, by, original, content_type, copies, meta)
        if shown is not None:
            Record.objects.filter(order=order, slot=upload.slot, removed_at=None).exclude(pk=record.pk).update(removed_at=clock.now())
        _present(order)
        case_touch(case.pk)
        replaced = shown.pk if shown else None
        about = {"slot": upload.slot, "record_id": record.pk, "replaced": replaced}
        activity.record(RecordAdded.of(case, by, subject_kind="record", subject_id=record.pk, **about))
    else:
        record = shown
    if order.state is not Status.DRAFT and may(by, Action.EDIT_RECORDS, case):
        need_answer(order=order, slot=upload.slot, by=by)
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.TAKEN, record=record)
    _forget_earlier(upload)
    transaction.on_commit(lambda: incoming.remove(upload.pk))
    return record


def _create(upload: Upload, by: Actor, original: Stored, content_type: str, copies: dict[str, Stored], meta: dict[str, Any]) -> Record:
    served, thumb, model = copies.get("shown"), copies.get("thumb"), copies.get("model")
    if scrubbed := copies.get("scrubbed"):
        meta = {**meta, "scrubbed_key": scrubbed.key, "scrubbed_sha256": scrubbed.sha256}
    return Record.objects.create(
        case_id=upload.case_id,
        order_id=upload.order_id,
        slot=upload.slot,
        filename=upload.filename,
        content_type=content_type,
        key=original.key,
        size=original.size,
        sha256=original.sha256,
        served_key=served.key if served else "",
        served_sha256=served.sha256 if served else "",
        thumb_key=thumb.key if thumb else "",
        thumb_sha256=thumb.sha256 if thumb else "",
        model_key=model.key if model else "",
        model_sha256=model.sha256 if model else "",
        meta=meta,
        added_by=by.user,
        added_at=clock.now(),
    )


def _locked(order_id: int) -> tuple[Order, Case]:
    """The case before its order: every service takes the locks in this sequence."""
    case = Case.objects.select_for_update().get(orders__pk=order_id)
    return Order.objects.select_for_update().select_related("case").get(pk=order_id), case


def _present(order: Order) -> None:
    """Which slots of the order are filled, written down where lists read it: {slot: record id}."""
    rows = Record.objects.filter(order=order, removed_at=None).order_by("id").values_list("slot", "pk")
    order.records_present = dict(rows)
    order.save(update_fields=["records_present"])


def _forget_earlier(upload: Upload) -> None:
    """The slot is filled: refusals, and what its uploader began before and left, have nothing more to say."""
    rows = Upload.objects.filter(order_id=upload.order_id, slot=upload.slot, created_at__lt=upload.created_at)
    refused = Upload.objects.filter(order_id=upload.order_id, slot=upload.slot, state=Upload.State.REFUSED)
    left = rows.filter(person_id=upload.person_id, workspace=upload.workspace, state=Upload.State.RECEIVING)
    for row in [*refused, *left]:
        pk = row.pk
        row.delete()
        transaction.on_commit(partial(incoming.remove, pk))


@transaction.atomic
def record_move(*, record: Record, slot: str, by: Actor) -> None:
    """Puts a draft's record into another slot of its family; what stands there comes the other way."""
    order, case = _draft_of(record, by)
    if slot not in Slot.values or Slot(slot).family != Slot(record.slot).family:
        raise Refused(_("A record moves only among places of its kind."), field="slot")
    if slot == record.slot:
        return
    old = record.slot
    Record.objects.filter(order=order, slot=slot, removed_at=None).update(slot=old)
    Record.objects.filter(pk=record.pk).update(slot=slot)
    record.slot = slot
    _present(order)
    activity.record(RecordMoved.of(case, by, subject_kind="record", subject_id=record.pk, record_id=record.pk, **{"from": old, "to": slot}))


@transaction.atomic
def record_remove(*, record: Record, by: Actor) -> None:
    """Takes a record out of a draft. The row stays, removed."""
    order, case = _draft_of(record, by)
    Record.objects.filter(pk=record.pk, removed_at=None).update(removed_at=clock.now())
    _present(order)
    activity.record(RecordRemoved.of(case, by, subject_kind="record", subject_id=record.pk, slot=record.slot, record_id=record.pk))


def _draft_of(record: Record, by: Actor) -> tuple[Order, Case]:
    order, case = _locked(record.order_id)
    if not may_upload(by, order):
        raise PermissionDenied
    if order.state is not Status.DRAFT:
        raise NotAllowedNow(_("This order was submitted, so its records can be replaced but not moved or taken away."))
    return order, case


def uploads_sweep() -> int:
    """Removes uploads untouched for 7 days and files that no row names. Returns how many uploads went."""
    before = clock.now() - KEPT_UNTOUCHED
    stale = list(Upload.objects.filter(touched_at__lt=before).exclude(state=Upload.State.CHECKING).values_list("pk", flat=True)[:1000])
    Upload.objects.filter(pk__in=stale).delete()
    for upload_id in stale:
        incoming.remove(upload_id)
    for upload_id in list(incoming.ids_older_than(before)):
        if not Upload.objects.filter(pk=upload_id).exists():
            incoming.remove(upload_id)
    return len(stale)


def received_path(upload: Upload) -> Path:
    """Where the bytes of a whole upload lie until it is taken or refused."""
    return incoming.path_of(upload.pk)

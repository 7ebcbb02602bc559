"""Checks what was uploaded, and sweeps what was left."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.core.exceptions import PermissionDenied
from django.utils import translation

from midline.core.errors import Refused
from midline.core.languages import spoken
from midline.core.storage import Stored, files
from midline.core.workspace import Workspace
from midline.jobs.schedule import rounds
from midline.jobs.services import Claim, GiveUp, handler
from midline.people.policies import Actor
from midline.practices.queries import provider_of
from midline.records import services
from midline.records.checks import CPU_SECONDS, ChildFailed, check
from midline.records.contents.magic import kind_of
from midline.records.models import Slot, Upload
from midline.records.policies import SETUP, may_become_record
from midline.records.reasons import sentence

TRIES: Final = 3


@handler("records.check")
def check_upload(claim: Claim) -> None:
    """Reads a whole upload by content and makes it a record, or refuses it with a reason. Runs again after a crash, to the same end."""
    upload = Upload.objects.select_related("person", "case", "order", "order__case").filter(pk=claim.payload["upload"]).first()
    if upload is None or upload.state != Upload.State.CHECKING:
        return
    # One child may use all its CPU seconds without a line of progress: the lease covers that, or a second worker would start the same.
    claim.lease = timedelta(seconds=2 * CPU_SECONDS + 60)
    claim.beat({"upload": str(upload.pk), "step": "check"})
    with translation.override(spoken(upload.person.language)):
        try:
            actor = _uploader(upload)
            if not may_become_record(actor, upload, upload.order):
                raise PermissionDenied
            _take(upload, actor, claim)
        except PermissionDenied:
            _refuse(upload, sentence("not_allowed", {}, name=upload.filename, family=_family(upload)))
        except Refused as refused:
            _refuse(upload, refused.reason)
        except FileNotFoundError:
            _refuse(upload, sentence("lost", {}, name=upload.filename, family=_family(upload)))
        except ChildFailed as failed:
            if claim.attempt < TRIES:
                raise
            _refuse(upload, sentence("fault", {}, name=upload.filename, family=_family(upload)))
            raise GiveUp(f"{failed.reason} {failed.details}") from failed


def _uploader(upload: Upload) -> Actor:
    """The person in the workspace in which the upload began. Raises PermissionDenied when the account is closed."""
    if not upload.person.is_active:
        raise PermissionDenied
    workspace = Workspace(upload.workspace)
    provider = provider_of(upload.person_id) if workspace is Workspace.PROVIDER else None
    return Actor(upload.person, workspace, provider.pk if provider else None)


def _family(upload: Upload) -> str:
    return SETUP if upload.purpose == SETUP else Slot(upload.slot).family


def _refuse(upload: Upload, reason: str) -> None:
    services.upload_refuse(upload=upload, reason=reason)


def _take(upload: Upload, actor: Actor, claim: Claim) -> None:
    path = services.received_path(upload)
    if path.stat().st_size != upload.size:
        raise FileNotFoundError
    if upload.purpose == SETUP:
        _take_setup(upload, path, actor, claim.beat)
        return
    with tempfile.TemporaryDirectory(prefix="midline-check-") as scratch:
        checked = check(path, Slot(upload.slot), upload.filename, Path(scratch), claim.beat)
        if checked.refused:
            raise Refused(checked.refused)
        copies = {role: _stored(copy) for role, copy in checked.copies.items()}
    claim.beat()
    services.record_add(
        upload=upload,
        by=actor,
        original=_stored(path),
        content_type=checked.content_type,
        copies=copies,
        meta=checked.meta,
    )


def _take_setup(upload: Upload, path: Path, actor: Actor, beat: Callable[[], None]) -> None:
    kind = kind_of(path)
    if kind != "zip":
        raise Refused(sentence("wrong_kind", {"kind": kind}, name=upload.filename, family=SETUP))
    stored = _stored(path)
    beat()
    services.upload_hand_over(upload=upload, stored=stored, by=actor)


def _stored(path: Path) -> Stored:
    with path.open("rb") as file:
        return files().store(file)


@rounds("records.sweep", seconds=24 * 3600)
def sweep(claim: Claim) -> None:
    """Uploads untouched for 7 days and bytes that no row names."""
    services.uploads_sweep()

"""Files beside a comment: read by the records' own checks before they are kept, and shown so that a hidden identity stays hidden."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils.translation import gettext as _

from midline.conversation.models import CommentFile
from midline.conversation.services.comments import MOST_FILES
from midline.core.errors import Refused
from midline.core.storage import StorageFull, files, reserve
from midline.records.checks import ChildFailed, check
from midline.records.models import Slot
from midline.records.reasons import sentence
from midline.records.services import clean_name

MB: Final = 1_000_000
LARGEST: Final = 20 * MB
FAMILY: Final = Slot.DOCUMENT.family
ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def keep(given: "Iterable[UploadedFile[Any]]") -> list[CommentFile]:
    """Rows not yet saved: each file was read by content in a child process, and what is shown of it is stored, before any transaction.

    Of a picture only the copy without location and comments is kept. Raises Refused with the file, the reason and the remedy.
    """
    chosen = list(given)
    if len(chosen) > MOST_FILES:
        raise Refused(
            _("%(n)s files are too many for one comment. Add at most %(most)s.") % {"n": len(chosen), "most": MOST_FILES}, field="files"
        )
    for file in chosen:
        _check_size(file)
    try:
        return [_kept(file) for file in chosen]
    except StorageFull:
        words = _("There is no room for this file at the moment. Everything else works; try again later or tell your administrator.")
        raise Refused(words, field="files") from None


def _check_size(file: "UploadedFile[Any]") -> None:
    name, size = clean_name(file.name or ""), file.size or 0
    if size <= 0:
        raise Refused(sentence("empty", {}, name=name, family=FAMILY), field="files")
    if size > LARGEST:
        values = {"size": f"{size / MB:,.1f}", "limit": LARGEST // MB}
        raise Refused(sentence("too_large", values, name=name, family=FAMILY), field="files")


def _kept(file: "UploadedFile[Any]") -> CommentFile:
    name = clean_name(file.name or "")
    reserve(2 * (file.size or 0))
    with tempfile.TemporaryDirectory(prefix="midline-comment-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
        try:
            checked = check(path, Slot.DOCUMENT, name, Path(folder) / "made", lambda: None)
        except ChildFailed:
            raise Refused(sentence("fault", {}, name=name, family=FAMILY), field="files") from None
        if checked.refused:
            raise Refused(checked.refused, field="files")
        shown = checked.copies.get("shown", path)
        key, sha256 = _stored(shown)
        thumb_key, thumb_sha256 = _stored(checked.copies["thumb"]) if "thumb" in checked.copies else ("", "")
        return CommentFile(
            filename=name,
            content_type=str(checked.meta.get("shown_type", checked.content_type)),
            size=shown.stat().st_size,
            key=key,
            sha256=sha256,
            thumb_key=thumb_key,
            thumb_sha256=thumb_sha256,
        )


def _stored(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        stored = files().store(file)
    return stored.key, stored.sha256


@dataclass(frozen=True)
class Sent:
    """One stored file as it is sent."""

    key: str
    sha256: str
    name: str
    content_type: str


def sent(file: CommentFile, what: str, number: str, *, names: bool) -> Sent:
    """`what` of a file: thumb or shown. The name is neutral; names: whether the reader may know who the patient is.

    A PDF cannot be scrubbed: where the identity is hidden it is closed (PermissionDenied). Raises Http404 for what a file does not have.
    """
    neutral = f"{number}-comment-{file.comment_id}-{file.position + 1}"
    if what == "thumb" and file.thumb_key:
        return Sent(file.thumb_key, file.thumb_sha256, f"{neutral}-small.webp", "image/webp")
    if what != "shown":
        raise Http404
    if not file.is_picture and not names:
        raise PermissionDenied
    kind = file.content_type if file.is_picture else "application/octet-stream"
    return Sent(file.key, file.sha256, f"{neutral}.{ENDINGS[file.content_type]}", kind)


def keys_named(keys: list[str]) -> set[str]:
    """Those of `keys` that a file beside a comment names."""
    named: set[str] = set()
    for column in ("key", "thumb_key"):
        named |= set(CommentFile.objects.filter(**{f"{column}__in": keys}).values_list(column, flat=True))
    return named

"""An import goes on although something in its ZIP is broken: with files supplied by themselves, or without what was refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meshes.archive import MAX_FILE_BYTES
from meshes.formats import is_model
from midline.core.errors import NotAllowedNow, Refused
from midline.core.storage import Stored, files, reserve
from midline.people.policies import Actor
from midline.setups.models import SetupImport
from midline.setups.queries import import_standing
from midline.setups.services import mapping as matching
from midline.setups.services.imports import LARGEST_BYTES, mine, plain_name, refuse_others, send

MOST_FILES: Final = 100
State = SetupImport.State
Answers = Mapping[str, dict[str, Any] | None]
"""Name of a file → how it was answered, None when it is left out. Files that still wait for an answer are absent."""


@dataclass(frozen=True)
class Supplied:
    """A file that somebody chose. takes: the name of the refused file in whose place it comes, "" for one that was missing."""

    filename: str
    source: BinaryIO
    takes: str = ""


def import_supply(*, item: SetupImport, by: Actor, supplied: Sequence[Supplied], answers: Answers) -> SetupImport:
    """Takes files that the ZIP lacks or that were refused in it, and reads everything again; what was answered so far is kept.

    The bytes are stored before any transaction begins. The same files again change nothing. Raises PermissionDenied, NotAllowedNow, Refused
    (no model, too large, a name that is there already), StorageFull.
    """
    item.order.case = item.case
    refuse_others(item.order, by)
    if not supplied:
        raise Refused(_("No file is chosen. Choose the model that is missing."), field="files")
    if len(supplied) > MOST_FILES:
        words = _("%(n)s files are too many at once; %(most)s are the most. Upload them as a ZIP.")
        raise Refused(words % {"n": len(supplied), "most": MOST_FILES}, field="files")
    for file in supplied:
        if not is_model(file.filename):
            words = _("“%(name)s” is no model. Choose an STL, PLY, OBJ or GLB.")
            raise Refused(words % {"name": plain_name(file.filename)}, field="files")
    reserve(MAX_FILE_BYTES)
    stored = [files().store(_Limited(file.source, plain_name(file.filename))) for file in supplied]  # type: ignore[arg-type]
    return _record(item=item, by=by, supplied=supplied, stored=stored, answers=answers)


class _Limited:
    """Passes bytes on, and refuses an empty file and one that is larger than a model may be."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        self.source, self.name, self.size = source, name, 0

    def read(self, count: int = -1) -> bytes:
        chunk = self.source.read(count)
        self.size += len(chunk)
        if not self.size:
            raise Refused(_("“%(name)s” is empty. Export it again.") % {"name": self.name}, field="files")
        if self.size > MAX_FILE_BYTES:
            words = _("“%(name)s” has more than %(most)s MB. Export it with fewer triangles.")
            raise Refused(words % {"name": self.name, "most": MAX_FILE_BYTES // 1_000_000}, field="files")
        return chunk


@transaction.atomic
def _record(*, item: SetupImport, by: Actor, supplied: Sequence[Supplied], stored: Sequence[Stored], answers: Answers) -> SetupImport:
    locked = mine(item, by)
    known = {about["sha256"] for about in locked.received}
    if all(one.sha256 in known for one in stored):
        return locked
    state = import_standing(locked).state
    if state in {State.READING, State.BUILDING}:
        raise NotAllowedNow(_("The files are still being read or built. Wait until that is done."))
    rows: list[dict[str, Any]] = locked.report.get("files", [])
    if not rows or locked.report.get("package"):
        raise NotAllowedNow(_("No file can be added to this import. Choose another ZIP."))
    if locked.size + sum(one.size for one in stored) > LARGEST_BYTES:
        raise Refused(_("With these files the import has more than %(most)s MB.") % {"most": LARGEST_BYTES // 1_000_000}, field="files")
    for file, one in zip(supplied, stored, strict=True):
        if one.sha256 in known:
            continue
        takes = file.takes or _refused_alike(file.filename, rows)
        name = _named(file.filename, takes)
        taken = {row["name"].casefold(): row["name"] for row in rows if row["name"] != takes}
        taken |= {about["name"].casefold(): about["name"] for about in locked.received if not about["joined"]}
        if name.casefold() in taken:
            words = _("“%(name)s” is in this import already. Give the new file another name, or leave the other one out.")
            raise Refused(words % {"name": taken[name.casefold()]}, field="files")
        about = {"name": name, "key": one.key, "size": one.size, "sha256": one.sha256, "takes": takes, "joined": False}
        locked.received = [*locked.received, about]
    if locked.mapping:
        mapped = {row["name"]: dict(row) for row in locked.mapping}
        answers = {row["name"]: mapped.get(row["name"]) for row in rows if not row["refused"]} | dict(answers)
    locked.report["kept"] = dict(answers)
    locked.mapping = []
    return send(locked, State.READING)


def _refused_alike(filename: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The refused file that has this name, wherever it stood; "" when there is none or several."""
    last = plain_name(filename).casefold()
    found = [str(row["name"]) for row in rows if row["refused"] and PurePosixPath(row["name"]).name.casefold() == last]
    return found[0] if len(found) == 1 else ""


def _named(filename: str, takes: str) -> str:
    """The name under which a file joins: that of the one whose place it takes, with its own ending."""
    own = plain_name(filename).replace(":", "_")
    return str(PurePosixPath(takes).with_suffix(PurePosixPath(own).suffix)) if takes else own


def without_the_refused(item: SetupImport, failure: Mapping[str, str]) -> tuple[int, list[Any], str]:
    """(with how many files a failed import can go on, their mapping, else why it cannot).

    After reading the mapping is empty: what is whole is read again. After building it is the match without the file that was refused; when
    that leaves a gap, the sentence says so. Nothing is said where no file is to blame.
    """
    if failure.get("step") in {"read", "match"}:
        return int(failure.get("whole") or 0), [], ""
    left = [row for row in item.mapping if row["name"] != failure.get("file")]
    if len(left) == len(item.mapping):
        return 0, [], ""
    try:
        return len(left), list(matching.checked(item.report, left, matching.unit_of(item.report, left))), ""
    except matching.MappingRefused as refused:
        return 0, [], f"{_('It cannot go on without this file.')} {refused.reason}"


@transaction.atomic
def import_go_on(*, item: SetupImport, by: Actor) -> SetupImport:
    """A failed import goes on without what was refused, where what is left makes sense. Asked again while it does, nothing changes.

    Raises PermissionDenied, NotAllowedNow with the reason when it cannot go on.
    """
    locked = mine(item, by)
    standing = import_standing(locked)
    if standing.running and locked.report.get("go_on"):
        return locked
    if standing.state is not State.FAILED:
        raise NotAllowedNow(_("This import has not failed, so there is nothing to go on with."))
    count, rows, why = without_the_refused(locked, standing.failure)
    if not count:
        raise NotAllowedNow(why or _("Nothing else in this ZIP can be used. Choose another ZIP."))
    locked.report["go_on"] = True
    if rows:
        locked.mapping = rows
    return send(locked, State.BUILDING if rows else State.READING)


def go_on_words(count: int) -> str:
    return ngettext("Go on with %(n)s file", "Go on with %(n)s files", count) % {"n": count}

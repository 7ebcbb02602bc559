"""Comments, their pins, and who has read them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.activity.models import Event
from midline.cases.actions import Action
from midline.cases.models import Case, CaseUnread
from midline.cases.policies import may, users_who_may
from midline.cases.services import case_touch
from midline.conversation.events import CommentChanged, Commented
from midline.conversation.models import Comment, CommentEdit, CommentFile, Pin, ReadUpTo
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.workspace import Workspace
from midline.people.policies import Actor

LONGEST = 8000
MOST_FILES: Final = 5


@dataclass(frozen=True)
class PinAt:
    """Where on a model a comment stands: part and point and normal in the part's own frame (mm), stage, view and tooth (FDI).

    camera: the viewer's own values for the view it was made in, where that has no name.
    """

    part: str
    point: tuple[float, float, float]
    normal: tuple[float, float, float]
    stage: int
    view: str = ""
    tooth: int | None = None
    camera: dict[str, Any] | None = None

    def check(self) -> None:
        """Raises Refused when the values cannot be a place on a model."""
        if not all(math.isfinite(v) and abs(v) <= 1000 for v in (*self.point, *self.normal)) or self.stage < 0 or not self.part:
            raise Refused(_("The pin has no place on the model. Set it again on a tooth."), field="pin")


PlaceCheck = Callable[[Case, int, PinAt], None]
PLACES: list[PlaceCheck] = []


def places_are_checked_by(check: PlaceCheck) -> None:
    """A higher room knows the models: `check(case, version, pin)` raises Refused when the version has no such part or stage."""
    if check not in PLACES:
        PLACES.append(check)


@transaction.atomic
def comment_add(
    *,
    case: Case,
    by: Actor,
    body: str,
    key: UUID,
    version: int | None = None,
    pin: PinAt | None = None,
    kind: Comment.Kind = Comment.Kind.COMMENT,
    mentions: frozenset[int] = frozenset(),
    reply_to: int | None = None,
    files: Sequence[CommentFile] = (),
) -> Comment:
    """A comment, once for each `key` however often it is sent. Everybody else who reads the conversation has one unread more.

    files: checked and stored, not saved (`files.keep`). reply_to: the comment it answers; an answer to an answer stands under the
    first one. Raises PermissionDenied when `by` may not comment, Refused when the body is empty or too long, the pin is no place of
    a published version or what it answers is not there.
    """
    if not may(by, Action.COMMENT, case):
        raise PermissionDenied
    # Locked before the key is looked up: of two equal forms at once the second gets the comment of the first.
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if earlier := Comment.objects.filter(key=key, author=by.user, case=case).first():
        return earlier
    if Comment.objects.filter(key=key).exists():
        raise Refused(_("This form was sent before. Reload the page and write the comment again."))
    text = _checked(body)
    version = _published(locked, version, pin)
    comment = Comment.objects.create(
        case=case,
        author=by.user,
        workspace=by.workspace,
        body=text,
        key=key,
        version=version,
        kind=kind,
        reply_to_id=_root(case, reply_to),
        at=clock.now(),
    )
    if pin is not None:
        Pin.objects.create(
            comment=comment,
            version=version or locked.newest_version,
            part=pin.part,
            tooth=pin.tooth,
            point=list(pin.point),
            normal=list(pin.normal),
            stage=pin.stage,
            view=pin.view,
            camera=pin.camera,
        )
    for position, file in enumerate(files):
        file.comment, file.position = comment, position
        file.save()
    _count_unread(case, by)
    case_touch(case.pk)
    told = {"comment_id": comment.pk, "version": version, "tooth": pin.tooth if pin else None, "mentions": sorted(mentions)}
    activity.record(Commented.of(case, by, subject_kind="comment", subject_id=comment.pk, **told))
    return comment


def _published(case: Case, version: int | None, pin: PinAt | None) -> int | None:
    """The version that a comment speaks of: one that is published, and where there is a pin one that has its place."""
    version = version or (case.newest_version if pin else None)
    if version is not None and not 1 <= version <= case.newest_version:
        raise Refused(_("Case %(number)s has no version %(n)s.") % {"number": case.number, "n": version}, field="version")
    if pin is not None and version is not None:
        pin.check()
        for check in PLACES:
            check(case, version, pin)
    return version


def _root(case: Case, reply_to: int | None) -> int | None:
    if reply_to is None:
        return None
    answered = Comment.objects.filter(case=case, pk=reply_to).values_list("pk", "reply_to_id").first()
    if answered is None:
        raise Refused(_("The comment that you answer is not in this conversation. Write yours without it."), field="reply_to")
    return answered[1] or answered[0]


def _checked(body: str) -> str:
    text = body.strip()
    if not text:
        raise Refused(_("The comment is empty. Write what you want to say."), field="body")
    if len(text) > LONGEST:
        words = _("The comment has %(n)s characters; at most %(most)s fit. Shorten it or attach a document.")
        raise Refused(words % {"n": len(text), "most": LONGEST}, field="body")
    return text


def _count_unread(case: Case, by: Actor) -> None:
    people: set[int] = set()
    for workspace in (Workspace.PROVIDER, Workspace.COLLABORATOR):
        people |= set(users_who_may(Action.READ_CONVERSATION, case, workspace).values_list("pk", flat=True))
    people.discard(by.user_id)
    counted = set(CaseUnread.objects.filter(case=case, person_id__in=people).values_list("person_id", flat=True))
    CaseUnread.objects.filter(case=case, person_id__in=counted).update(count=F("count") + 1)
    CaseUnread.objects.bulk_create(CaseUnread(case=case, person_id=person, count=1) for person in sorted(people - counted))


@transaction.atomic
def comment_edit(
    *,
    comment: Comment,
    by: Actor,
    body: str,
    key: UUID | None = None,
    mentions: frozenset[int] = frozenset(),
    files: Sequence[CommentFile] = (),
    remove: frozenset[int] = frozenset(),
) -> Comment:
    """The author corrects words and files; what stood there before, and until when, stays visible. The same again changes nothing.

    files: checked and stored, not saved (`files.keep`); remove: ids of files that go. Who is named for the first time is told, once.
    A form sent twice (`key`) counts once. Raises NotAllowedNow for a comment that was taken back, Refused for what cannot be written.
    """
    locked = _own(comment, by)
    if key is not None and CommentEdit.objects.filter(comment=locked, key=key).exists():
        return locked
    text, now = _checked(body), clock.now()
    held = list(locked.files.all())
    going = [file for file in held if file.pk in remove]
    if len(held) - len(going) + len(files) > MOST_FILES:
        words = _("%(n)s files are too many for one comment. Add at most %(most)s.")
        raise Refused(words % {"n": len(held) - len(going) + len(files), "most": MOST_FILES}, field="files")
    if text == locked.body and not going and not files:
        return locked
    names = [file.filename for file in held] if going or files else None
    CommentEdit.objects.create(comment=locked, body=locked.body, at=now, key=key, files=names)
    locked.files.filter(pk__in=[file.pk for file in going]).delete()
    for position, file in enumerate(files, start=max((file.position for file in held), default=-1) + 1):
        file.comment, file.position = locked, position
        file.save()
    locked.body, locked.edited_at = text, now
    locked.save(update_fields=["body", "edited_at"])
    told = {"comment_id": locked.pk, "change": "edited", "mentions": sorted(mentions - _mentioned_before(locked) - {by.user_id})}
    activity.record(CommentChanged.of(locked.case, by, subject_kind="comment", subject_id=locked.pk, **told))
    return locked


def _mentioned_before(comment: Comment) -> set[int]:
    """Whom the comment, or an edit of it, has named already."""
    rows = Event.objects.filter(
        case_id=comment.case_id, subject_kind="comment", subject_id=comment.pk, kind__in=(Commented.KIND, CommentChanged.KIND)
    )
    return {person for data in rows.values_list("data", flat=True) for person in data.get("mentions") or ()}


@transaction.atomic
def comment_delete(*, comment: Comment, by: Actor) -> Comment:
    """The author takes words and files back, earlier words too; that something stood there, and when it went, stays visible.

    Taken back twice is taken back once.
    """
    locked = _own(comment, by, gone=True)
    if locked.deleted_at:
        return locked
    locked.edits.all().delete()
    locked.files.all().delete()
    locked.body, locked.deleted_at = "", clock.now()
    locked.save(update_fields=["body", "deleted_at"])
    activity.record(
        CommentChanged.of(locked.case, by, subject_kind="comment", subject_id=locked.pk, comment_id=locked.pk, change="deleted")
    )
    return locked


def _own(comment: Comment, by: Actor, *, gone: bool = False) -> Comment:
    """The comment, locked, when it is `by`'s own to change. gone: also one that was taken back."""
    locked = Comment.objects.select_for_update().select_related("case").get(pk=comment.pk)
    own = (locked.author_id, locked.workspace) == (by.user_id, by.workspace) and locked.kind == Comment.Kind.COMMENT
    if not own or not may(by, Action.COMMENT, locked.case):
        raise PermissionDenied
    if locked.deleted_at and not gone:
        raise NotAllowedNow(_("You took this comment back meanwhile; it cannot be changed any more."))
    return locked


@transaction.atomic
def conversation_read(*, case: Case, by: Actor, up_to: int | None = None) -> int:
    """The person has the conversation before them, up to comment `up_to` (None: all of it). Returns how many comments stay unread.

    A mark never goes back, and a comment that came after the one they saw stays unread.
    """
    if not may(by, Action.READ_CONVERSATION, case):
        raise PermissionDenied
    # Locked, so that a comment that is written at this moment is counted either before or after.
    Case.objects.select_for_update().get(pk=case.pk)
    newest = Comment.objects.filter(case=case).order_by("-id").values_list("id", flat=True).first() or 0
    mark, _created = ReadUpTo.objects.get_or_create(case=case, person=by.user)
    seen = newest if up_to is None else min(max(up_to, mark.comment_id), newest)
    if seen != mark.comment_id:
        ReadUpTo.objects.filter(pk=mark.pk).update(comment_id=seen)
    left = Comment.objects.filter(case=case, id__gt=seen).exclude(author=by.user_id).count()
    rows = CaseUnread.objects.filter(case=case, person=by.user)
    if left:
        rows.update(count=left)
    else:
        rows.delete()
    return left

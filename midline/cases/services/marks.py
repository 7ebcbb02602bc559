"""Ready for Approval: only the mark is stored, everything else is derived."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.events import MarkedReady, PushedBack, ReadyTakenBack
from midline.cases.models import Case, ReadyMark, Status
from midline.cases.policies import collaborations_that_give, may
from midline.cases.services.lifecycle import case_touch
from midline.collaboration.models import Collaboration
from midline.core.errors import NotAllowedNow, Refused
from midline.people.policies import Actor


def _open_version(case: Case, version: int) -> Case:
    """The case, locked, when `version` is the one that awaits a decision; else NotAllowedNow.

    The order says so and not the case, which shows a retainer that was begun meanwhile.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if locked.awaiting_version != version or not locked.orders.filter(status=Status.AWAITING_APPROVAL).exists():
        raise NotAllowedNow(_("Version %(n)s does not wait for a decision any more.") % {"n": version})
    return locked


def _mine(case: Case, by: Actor) -> Collaboration:
    mine = collaborations_that_give(Action.MARK_READY, case).filter(person_id=by.user_id).first()
    if mine is None or not may(by, Action.MARK_READY, case):
        raise PermissionDenied
    return mine


@transaction.atomic
def ready_mark(*, case: Case, version: int, by: Actor) -> bool:
    """The collaborator holds `version` ready. Returns False when it already stood so."""
    locked = _open_version(case, version)
    _mark, made = ReadyMark.objects.get_or_create(case=locked, collaboration=_mine(locked, by), version=version)
    if made:
        case_touch(locked.pk)
        activity.record(MarkedReady.of(locked, by, subject_kind="version", version=version))
    return made


@transaction.atomic
def ready_take_back(*, case: Case, version: int, by: Actor) -> bool:
    locked = _open_version(case, version)
    gone, _rows = ReadyMark.objects.filter(case=locked, collaboration=_mine(locked, by), version=version).delete()
    if gone:
        case_touch(locked.pk)
        activity.record(ReadyTakenBack.of(locked, by, subject_kind="version", version=version))
    return bool(gone)


@transaction.atomic
def ready_push_back(*, case: Case, version: int, by: Actor, reason: str) -> int:
    """The provider sends the version back to Evaluating for everybody, with the reason. Returns how many marks went."""
    locked = _open_version(case, version)
    if not may(by, Action.PUSH_BACK, locked):
        raise PermissionDenied
    if not reason.strip():
        raise Refused(_("Give the reason: your collaborators read it in the conversation."), field="body")
    marks = ReadyMark.objects.filter(case=locked, version=version)
    if not marks.exists():
        raise NotAllowedNow(_("Nobody holds version %(n)s ready any more.") % {"n": version})
    people = list(marks.values_list("collaboration_id", flat=True))
    gone, _rows = marks.delete()
    case_touch(locked.pk)
    activity.record(PushedBack.of(locked, by, subject_kind="version", version=version, reason=reason.strip(), collaborations=people))
    return gone

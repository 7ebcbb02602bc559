"""What provider and collaborators decide on a version. Each decision is bound to the content that was looked at."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.models import Case, Order
from midline.cases.policies import may
from midline.cases.services import order_move, ready_mark, ready_push_back, ready_take_back
from midline.conversation.models import Comment
from midline.conversation.services import Wanted, comment_add, requests_send
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.ids import new_key
from midline.people.policies import Actor
from midline.setups.events import SetupApproved, SetupDeclined
from midline.setups.models import Decision, SetupVersion


def _earlier(version: SetupVersion, key: UUID, by: Actor) -> Decision | None:
    """The decision that this very form made before: a retry changes nothing.

    The case is locked first, so that of two equal forms at once the second gets the decision of the first. A key that came from elsewhere
    raises NotAllowedNow.
    """
    Case.objects.select_for_update().get(pk=version.case_id)
    earlier = Decision.objects.filter(key=key).first()
    if earlier is not None and (earlier.version_id, earlier.by_id) != (version.pk, by.user_id):
        raise NotAllowedNow(_("This form was sent before. Reload the page."))
    return earlier


def _seen(version: SetupVersion, seen_hash: str) -> Case:
    """The case, locked, when the version is the newest published one and is what was looked at; else NotAllowedNow."""
    case = Case.objects.select_for_update().get(pk=version.case_id)
    if version.published_at is None or version.number != case.newest_version or version.content_hash != seen_hash:
        raise NotAllowedNow(_("Version %(n)s was replaced while you were looking at it.") % {"n": version.number})
    return case


def _decide(version: SetupVersion, kind: Decision.Kind, by: Actor, key: UUID, words: str = "") -> Decision:
    return Decision.objects.create(
        version=version,
        kind=kind,
        by=by.user,
        workspace=by.workspace,
        content_hash=version.content_hash,
        words=words[:4000],
        at=clock.now(),
        key=key,
    )


@transaction.atomic
def setup_approve(*, version: SetupVersion, by: Actor, seen_hash: str, key: UUID) -> Decision:
    """Freezes this version as the one to make; the caller has asked for the password or passkey again.

    Raises NotAllowedNow when a newer version exists or the case has moved on (shown as 409), PermissionDenied for anybody but the provider.
    """
    if not may(by, Action.APPROVE, version.case):
        raise PermissionDenied
    if earlier := _earlier(version, key, by):
        return earlier
    case = _seen(version, seen_hash)
    if case.awaiting_version != version.number:
        raise NotAllowedNow(_("Version %(n)s does not wait for a decision any more.") % {"n": version.number})
    order_move(order=Order.objects.get(pk=version.order_id), event="approve", by=by, version=version.number)
    decision = _decide(version, Decision.Kind.APPROVED, by, key)
    told = {"version": version.number, "content_hash": version.content_hash}
    activity.record(SetupApproved.of(case, by, subject_kind="version", subject_id=version.pk, **told))
    return decision


@transaction.atomic
def setup_decline(
    *, version: SetupVersion, by: Actor, seen_hash: str, wanted: list[Wanted], words: str, ticked: frozenset[int], key: UUID
) -> Decision:
    """Sends the changes wanted to the lab: the version is declined, once, however often the form is sent."""
    if not may(by, Action.DECLINE_SETUP, version.case):
        raise PermissionDenied
    if earlier := _earlier(version, key, by):
        return earlier
    case = _seen(version, seen_hash)
    sent, joined = requests_send(case=case, version=version.number, by=by, wanted=wanted, words=words, ticked=ticked, key=key)
    decision = _decide(version, Decision.Kind.DECLINED, by, key, words)
    told = {"version": version.number, "requests": [request.pk for request in sent], "words": words.strip()[:300], "joined": joined}
    activity.record(SetupDeclined.of(case, by, subject_kind="version", subject_id=version.pk, **told))
    return decision


@transaction.atomic
def setup_mark_ready(*, version: SetupVersion, by: Actor, seen_hash: str, key: UUID) -> Decision:
    """The collaborator holds this version Ready for Approval."""
    if earlier := _earlier(version, key, by):
        return earlier
    case = _seen(version, seen_hash)
    ready_mark(case=case, version=version.number, by=by)
    return _decide(version, Decision.Kind.READY, by, key)


@transaction.atomic
def setup_take_ready_back(*, version: SetupVersion, by: Actor, key: UUID) -> Decision:
    """Back to Evaluating, for this collaborator."""
    if earlier := _earlier(version, key, by):
        return earlier
    if not ready_take_back(case=version.case, version=version.number, by=by):
        raise NotAllowedNow(_("You do not hold version %(n)s ready any more.") % {"n": version.number})
    return _decide(version, Decision.Kind.READY_TAKEN_BACK, by, key)


@transaction.atomic
def setup_push_back(*, version: SetupVersion, by: Actor, seen_hash: str, reason: str, key: UUID) -> Decision:
    """The provider pushes Ready back to Evaluating for everybody; the reason stands in the conversation."""
    if not may(by, Action.PUSH_BACK, version.case):
        raise PermissionDenied
    if earlier := _earlier(version, key, by):
        return earlier
    case = _seen(version, seen_hash)
    ready_push_back(case=case, version=version.number, by=by, reason=reason)
    comment_add(case=case, by=by, body=reason, key=new_key(), version=version.number, kind=Comment.Kind.PUSH_BACK)
    return _decide(version, Decision.Kind.PUSHED_BACK, by, key, reason.strip())

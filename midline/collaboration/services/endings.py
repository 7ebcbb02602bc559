"""How a collaboration ends: declined, withdrawn, expired, revoked, left. Each is final, and each takes effect at the next request."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.collaboration.events import CollaborationEnded
from midline.collaboration.models import Collaboration, Invitation
from midline.collaboration.services.rows import collaboration_locked, provider_locked
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.queries import time_zone_of


def ended(row: Collaboration, how: Collaboration.Ended, *, by_id: int | None, workspace: str, reason: str = "") -> Collaboration:
    """Ends a locked row and its open invitations. What stands under the person's name stays; the event's subscribers drop the rest."""
    now = clock.now()
    was = row.state
    row.state, row.ended, row.ended_at, row.ended_reason = Collaboration.State.ENDED, how, now, reason
    row.save(update_fields=["state", "ended", "ended_at", "ended_reason"])
    Invitation.objects.filter(collaboration=row, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    activity.record(CollaborationEnded.of(row, by_id, workspace, how=how.value, was=was, reason=reason))
    return row


def lapse_at(row: Collaboration) -> None:
    """Queues the look at a collaboration for when it runs out. Access does not wait for it: the end date is part of the condition."""
    newest = Invitation.objects.filter(collaboration=row).order_by("-id").first()
    moments = [row.ends_at] if row.ends_at else []
    if row.state == Collaboration.State.INVITED and newest:
        moments.append(newest.expires_at)
    for moment in moments:
        key = f"collaboration.lapse:{row.pk}:{moment.timestamp():.0f}"
        jobs.enqueue("collaboration.lapse", {"collaboration": row.pk}, key=key, delay=max(moment - clock.now(), timedelta()))


@transaction.atomic
def ends_follow_time_zone(*, provider_id: int) -> int:
    """End dates hold through their day where the provider's first practice is now; what is over stays over. Returns how many moved."""
    zone, moved = time_zone_of(provider_id), 0
    for row in Collaboration.objects.open().select_for_update().filter(provider_id=provider_id, ends_on__isnull=False):
        moment = clock.end_of_day(row.ends_on, zone) if row.ends_on else None
        if moment != row.ends_at:
            row.ends_at, moved = moment, moved + 1
            row.save(update_fields=["ends_at"])
            lapse_at(row)
    return moved


@transaction.atomic
def lapsed_end(*, collaboration: Collaboration) -> bool:
    """Ends a collaboration whose end date or whose last invitation has passed. Returns whether it did."""
    row = Collaboration.objects.select_for_update().get(pk=collaboration.pk)
    if row.state == Collaboration.State.ENDED:
        return False
    now = clock.now()
    over = bool(row.ends_at and row.ends_at <= now)
    if row.state == Collaboration.State.INVITED and not over:
        over = not Invitation.objects.filter(collaboration=row, withdrawn_at=None, used_at=None, expires_at__gt=now).exists()
    if over:
        ended(row, Collaboration.Ended.EXPIRED, by_id=None, workspace="")
    return over


@transaction.atomic
def invitation_withdraw(*, collaboration: Collaboration, by: Actor) -> Collaboration:
    """The provider takes an unanswered invitation back. One that was answered meanwhile is left alone: removing is another decision."""
    row = collaboration_locked(collaboration.pk, provider_locked(by))
    if row.state == Collaboration.State.ENDED:
        return row
    if row.state != Collaboration.State.INVITED:
        raise NotAllowedNow(_("%(name)s has accepted meanwhile. Remove the collaborator instead.") % {"name": row.name})
    return ended(row, Collaboration.Ended.WITHDRAWN, by_id=by.user_id, workspace=by.workspace)


@transaction.atomic
def collaboration_revoke(*, collaboration: Collaboration, by: Actor) -> Collaboration:
    """The provider removes a collaborator, invited or active. Doing it twice is doing it once."""
    row = collaboration_locked(collaboration.pk, provider_locked(by))
    if row.state == Collaboration.State.ENDED:
        return row
    how = Collaboration.Ended.WITHDRAWN if row.state == Collaboration.State.INVITED else Collaboration.Ended.REVOKED
    return ended(row, how, by_id=by.user_id, workspace=by.workspace)


@transaction.atomic
def collaboration_leave(*, collaboration: Collaboration, by: User) -> Collaboration:
    """The collaborator goes. Only their own, and only once it is theirs: an invitation is declined instead."""
    row = Collaboration.objects.select_for_update().filter(pk=collaboration.pk, person=by).first()
    if row is None or row.state == Collaboration.State.INVITED:
        raise PermissionDenied
    if row.state == Collaboration.State.ENDED:
        return row
    return ended(row, Collaboration.Ended.LEFT, by_id=by.pk, workspace=Workspace.COLLABORATOR)

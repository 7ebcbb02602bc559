"""Adding a collaborator and changing what is granted."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.activity import services as activity
from midline.activity.models import Event
from midline.collaboration.events import CollaboratorAdded, GrantsChanged
from midline.collaboration.models import Collaboration, Grant, Invitation
from midline.collaboration.queries import account_of, consent_is_current, consent_texts_in_force
from midline.collaboration.services.endings import ended, lapse_at, lapsed_end
from midline.collaboration.services.invitations import invitation_make, invitation_send, invitations_limit
from midline.collaboration.services.rows import collaboration_locked, provider_locked
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.people.addresses import address_of, is_own_address
from midline.people.policies import Actor
from midline.people.services import name_checked
from midline.practices.models import Provider
from midline.practices.queries import time_zone_of

CONSENT_MISSING = gettext_lazy("Tick both boxes before you add a collaborator.")
MESSAGE_MAX = 1000
# A toast shows Undo for 8 seconds and waits while it is hovered; the server allows for slow hands and slow lines.
UNDO_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True)
class _Settled:
    """What provider and collaborator settle, checked: the columns of a Collaboration that a provider may set, and no others."""

    relation: str
    evaluates: bool
    hides_identity: bool
    every_case: bool
    ends_on: date | None
    ends_at: datetime | None
    grants: frozenset[Grant]

    def write(self, row: Collaboration) -> None:
        row.relation, row.evaluates, row.hides_identity = self.relation, self.evaluates, self.hides_identity
        row.every_case, row.ends_on, row.ends_at = self.every_case, self.ends_on, self.ends_at
        for grant in Grant:
            setattr(row, grant.value, grant in self.grants)


def _told(row: Collaboration) -> dict[str, Any]:
    """What is granted, as the history and the e-mail tell it."""
    told: dict[str, Any] = {grant.value: getattr(row, grant.value) for grant in Grant}
    told |= {"relation": row.relation, "evaluates": row.evaluates, "hides_identity": row.hides_identity, "every_case": row.every_case}
    return told | {"ends_on": row.ends_on.isoformat() if row.ends_on else None}


def _settle(
    provider: Provider,
    *,
    relation: str,
    grants: Collection[str],
    evaluates: bool | None,
    hides_identity: bool,
    every_case: bool,
    ends_on: date | None,
    ends_before: date | None = None,
) -> _Settled:
    """Raises Refused naming the field. An end date holds through its day in the time zone of the provider's first practice."""
    if relation not in Collaboration.Relation.values:
        raise Refused(_("What they are to you is not chosen. Choose one of the list."), field="relation")
    if unknown := sorted(set(grants) - set(Grant.values)):
        raise Refused(_("%(value)s is no permission. Choose among those shown.") % {"value": unknown[0][:40]}, field="grants")
    zone = time_zone_of(provider.pk)
    if ends_on and ends_on != ends_before:
        today = clock.today(zone)
        if ends_on < today:
            raise Refused(_("%(value)s is in the past. Enter today or a later day.") % {"value": ends_on.isoformat()}, field="ends_on")
        if ends_on.year > today.year + 20:
            raise Refused(_("%(value)s is more than 20 years away. Check the year.") % {"value": ends_on.isoformat()}, field="ends_on")
    return _Settled(
        relation=relation,
        evaluates=relation != Collaboration.Relation.STAFF if evaluates is None else evaluates,
        hides_identity=hides_identity,
        every_case=every_case,
        ends_on=ends_on,
        ends_at=clock.end_of_day(ends_on, zone) if ends_on else None,
        grants=frozenset(Grant(name) for name in grants),
    )


def message_checked(text: str) -> str:
    """A message of several lines. Raises Refused."""
    plain = text.replace("\r\n", "\n").strip()
    if any(not (c.isprintable() or c == "\n") for c in plain):
        raise Refused(_("The message holds a sign that cannot be shown. Remove it."), field="message")
    if len(plain) > MESSAGE_MAX:
        words = _("The message has %(n)s characters. Shorten it to %(max)s.") % {"n": len(plain), "max": MESSAGE_MAX}
        raise Refused(words, field="message")
    return plain


@transaction.atomic
def collaborator_add(
    *,
    by: Actor,
    email: str,
    first_name: str,
    last_name: str,
    relation: str = Collaboration.Relation.CLINICIAN,
    grants: Collection[str] = (),
    evaluates: bool | None = None,
    hides_identity: bool = False,
    every_case: bool = False,
    ends_on: date | None = None,
    message: str = "",
    key: UUID | None = None,
) -> Collaboration:
    """Invites somebody, or changes what is granted when they are invited or active already: never two open rows of one person.

    `evaluates` None: on, but for staff. `key` is the form's: sent twice, it mails one link. Raises Refused naming the field (field
    "consent" while the texts in force are not ticked), NotAllowedNow, and TooMany after 100 invitations within a day.
    """
    provider = provider_locked(by)
    if not consent_is_current(provider.pk):
        raise Refused(str(CONSENT_MISSING), field="consent")
    address = address_of(email)
    first = name_checked(first_name, field="first_name", label=_("First name"))
    last = name_checked(last_name, field="last_name", label=_("Last name"))
    words = message_checked(message)
    settled = _settle(
        provider,
        relation=relation,
        grants=grants,
        evaluates=evaluates,
        hides_identity=hides_identity,
        every_case=every_case,
        ends_on=ends_on,
    )
    person = account_of(address)
    if person == by.user or is_own_address(address, by.user):
        raise Refused(_("%(value)s is your own address. Enter that of somebody else.") % {"value": address}, field="email")
    versions = {f"{kind}_version": text.version for kind, text in consent_texts_in_force().items()}
    earlier = _open_with(provider, address, person.pk if person else None, by)
    if earlier is not None:
        _change(earlier, settled, by)
        Collaboration.objects.filter(pk=earlier.pk).update(**versions)
        if earlier.state == Collaboration.State.INVITED:
            Collaboration.objects.filter(pk=earlier.pk).update(first_name=first, last_name=last, message=words)
            earlier.refresh_from_db()
            if not _is_on_its_way(earlier, key):
                invitations_limit(provider)
                invitation_send(earlier, by_id=by.user_id, workspace=by.workspace, key=key)
        return earlier
    invitations_limit(provider)
    row = Collaboration(
        provider=provider, person=person, email=address, first_name=first, last_name=last, message=words, created_at=clock.now(), **versions
    )
    settled.write(row)
    row.save()
    invitation = invitation_make(row, key=key)
    lapse_at(row)
    activity.record(
        CollaboratorAdded.of(row, by.user_id, by.workspace, invitation=invitation.pk, registered=person is not None, granted=_told(row))
    )
    return row


def _open_with(provider: Provider, address: str, person_id: int | None, by: Actor) -> Collaboration | None:
    """The open row with this person, else with this address; what has run out is ended on the way, so that a new one can begin.

    Somebody who was invited at two addresses, before the second one was theirs, keeps one of the two: the other invitation is withdrawn.
    """
    rows = Collaboration.objects.select_for_update().filter(provider=provider).exclude(state=Collaboration.State.ENDED)
    # Read also when the address has no account, so that the time of the answer tells nothing.
    by_person = rows.filter(person_id=person_id or 0).first()
    by_address = rows.filter(email=address).first()
    going_on = []
    for row in {row.pk: row for row in (by_person, by_address) if row}.values():
        if row.ends_at and row.ends_at <= clock.now():
            lapsed_end(collaboration=row)
        else:
            going_on.append(row)
    for other in going_on[1:]:
        if other.state == Collaboration.State.INVITED:
            ended(other, Collaboration.Ended.WITHDRAWN, by_id=by.user_id, workspace=by.workspace)
    found = going_on[0] if going_on else None
    if found is not None and found.email != address and not rows.filter(email=address).exists():
        found.email = address
        found.save(update_fields=["email"])
    return found


def _is_on_its_way(row: Collaboration, key: UUID | None) -> bool:
    """Whether the link that works now was mailed for this very form."""
    return key is not None and Invitation.objects.filter(collaboration=row, key=key, used_at=None, withdrawn_at=None).exists()


def _change(row: Collaboration, settled: _Settled, by: Actor) -> Event | None:
    """Writes what differs; None when nothing does. `revision` rises, so that an open invitation page shows itself again."""
    before = _told(row)
    settled.write(row)
    after = _told(row)
    if before == after:
        return None
    row.revision += 1
    row.save(update_fields=[*(column.name for column in fields(settled) if column.name != "grants"), *Grant.values, "revision"])
    lapse_at(row)
    return activity.record(GrantsChanged.of(row, by.user_id, by.workspace, before=before, after=after, revision=row.revision))


@transaction.atomic
def collaboration_change(
    *,
    collaboration: Collaboration,
    by: Actor,
    relation: str,
    grants: Collection[str],
    evaluates: bool,
    hides_identity: bool,
    every_case: bool | None = None,
    ends_on: date | None = None,
    seen_revision: int | None = None,
) -> Event | None:
    """Changes what is granted, at once, also of an active collaborator, who is told. Returns the event, or None when nothing differs.

    Raises NotAllowedNow when the collaboration has ended or, with `seen_revision`, was changed since the form was shown; Refused.
    """
    provider = provider_locked(by)
    row = _open_or_late(collaboration.pk, provider)
    if seen_revision is not None and seen_revision != row.revision:
        raise NotAllowedNow(_("What %(name)s may do was changed meanwhile. Look at it and change it again.") % {"name": row.name})
    settled = _settle(
        provider,
        relation=relation,
        grants=grants,
        evaluates=evaluates,
        hides_identity=hides_identity,
        every_case=row.every_case if every_case is None else every_case,
        ends_on=ends_on,
        ends_before=row.ends_on,
    )
    return _change(row, settled, by)


@transaction.atomic
def collaboration_change_undo(*, event_id: int, by: Actor) -> Collaboration:
    """Takes one change of permissions back. Raises NotAllowedNow when it is too late or something else was changed since."""
    provider = provider_locked(by)
    event = Event.objects.filter(pk=event_id, kind=GrantsChanged.KIND, provider_id=provider.pk).first()
    if event is None:
        raise PermissionDenied
    row = _open_or_late(event.subject_id or 0, provider)
    if event.at < clock.now() - UNDO_WITHIN or event.data["revision"] != row.revision:
        raise NotAllowedNow(_("It is too late to undo this. Change the permissions of %(name)s again.") % {"name": row.name})
    before = event.data["before"]
    day = date.fromisoformat(before["ends_on"]) if before["ends_on"] else None
    settled = _settle(
        provider,
        relation=before["relation"],
        grants=[name for name in Grant.values if before[name]],
        evaluates=before["evaluates"],
        hides_identity=before["hides_identity"],
        every_case=before["every_case"],
        ends_on=day,
        ends_before=day,
    )
    _change(row, settled, by)
    return row


def _open_or_late(collaboration_id: int, provider: Provider) -> Collaboration:
    row = collaboration_locked(collaboration_id, provider)
    if row.state == Collaboration.State.ENDED or (row.ends_at and row.ends_at <= clock.now()):
        raise NotAllowedNow(_("The collaboration with %(name)s has ended. Invite them again to begin a new one.") % {"name": row.name})
    return row

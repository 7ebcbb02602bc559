"""The mailed link: made, sent again, accepted once, declined."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.collaboration.events import InvitationAccepted, InvitationDeclined, InvitationSent
from midline.collaboration.models import Collaboration, Invitation
from midline.collaboration.queries import INVITATION_LASTS, account_of, belongs_to, consent_texts_in_force, open_invitations, token_of
from midline.collaboration.services.endings import ended, lapse_at
from midline.collaboration.services.rows import collaboration_locked, provider_locked
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.ids import digest
from midline.core.workspace import Workspace
from midline.people import services as people
from midline.people.models import User
from midline.people.passkeys import NewPasskey, passkey_keep
from midline.people.policies import Actor
from midline.practices.models import Provider

REASON_MAX = 500
INVITATIONS_A_DAY = 100


class TooMany(Exception):
    """More than a provider may do within the hour or the day; shown as 429."""


class InvitationClosed(Exception):
    """No open invitation has this link: used, withdrawn, expired, or never made. Which of them is nobody's business."""


class WrongPerson(PermissionDenied):
    """The invitation is open, but for somebody else than who is signed in."""


def invitations_limit(provider: Provider) -> None:
    """Raises TooMany when the provider has sent 100 invitations within a day: nobody's mailbox is flooded from here."""
    since = clock.now() - timedelta(days=1)
    if Invitation.objects.filter(collaboration__provider=provider, sent_at__gt=since).count() >= INVITATIONS_A_DAY:
        raise TooMany


def invitation_make(collaboration: Collaboration, *, key: UUID | None = None) -> Invitation:
    """A new link; earlier ones of this collaboration stop working. Call it with the collaboration locked, within a transaction.

    It is bound to the account that holds the address now. When nobody does, because the person whom the first link was bound to has
    moved to another address, it stays theirs and goes where they read their mail; else it is bound to the address.
    Raises NotAllowedNow when the account works with this provider under another invitation.
    """
    now = clock.now()
    Invitation.objects.filter(collaboration=collaboration, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    # Both are read in any case, so that the time of the answer does not tell whether the address has an account.
    holder, earlier = account_of(collaboration.email), User.objects.filter(pk=collaboration.person_id or 0, is_active=True).first()
    bound = holder or earlier
    if bound is not None and bound.pk != collaboration.person_id:
        _bind(collaboration, bound)
    invitation = Invitation(
        collaboration=collaboration,
        email=bound.email if bound else collaboration.email,
        person=bound,
        sent_at=now,
        expires_at=now + INVITATION_LASTS,
        key=key,
    )
    invitation.token_digest = digest(token_of(invitation))
    invitation.save()
    return invitation


def _bind(collaboration: Collaboration, person: User) -> None:
    same_provider = Collaboration.objects.filter(provider_id=collaboration.provider_id).exclude(state=Collaboration.State.ENDED)
    if collaboration.provider.person_id == person.pk or same_provider.filter(person=person).exists():
        raise NotAllowedNow(_("%(name)s works with you already. Withdraw this invitation.") % {"name": collaboration.name})
    collaboration.person = person
    collaboration.save(update_fields=["person"])


def invitation_send(collaboration: Collaboration, *, by_id: int | None, workspace: str, key: UUID | None = None) -> Invitation:
    invitation = invitation_make(collaboration, key=key)
    lapse_at(collaboration)
    registered = invitation.person_id is not None
    activity.record(InvitationSent.of(collaboration, by_id, workspace, invitation=invitation.pk, registered=registered))
    return invitation


@transaction.atomic
def invitation_resend(*, collaboration: Collaboration, by: Actor, seen: int = 0) -> Invitation:
    """Sends a new link, for 14 days from now. Raises NotAllowedNow when the person has answered or the collaboration has ended.

    `seen` is the invitation that the page showed: a second press finds a newer one and sends nothing.
    """
    provider = provider_locked(by)
    row = collaboration_locked(collaboration.pk, provider)
    if row.state != Collaboration.State.INVITED:
        raise NotAllowedNow(_("%(name)s has answered the invitation already.") % {"name": row.name})
    newest = Invitation.objects.filter(collaboration=row).latest("pk")
    if seen and newest.pk != seen:
        return newest
    invitations_limit(provider)
    return invitation_send(row, by_id=by.user_id, workspace=by.workspace)


@transaction.atomic
def invitations_again(*, address: str) -> int:
    """Sends the open invitations of an address once more, asked for by whoever reads its mail. Returns how many."""
    waiting = Collaboration.objects.open().select_for_update(of=("self",)).filter(state=Collaboration.State.INVITED)
    sent = 0
    for row in waiting.filter(Q(email=address) | Q(person__email=address), provider__state=Provider.State.CONFIRMED):
        with suppress(NotAllowedNow), transaction.atomic():
            invitation_send(row, by_id=None, workspace="")
            sent += 1
    return sent


@transaction.atomic
def invitation_accept(
    *, token: str, by: User, seen_revision: int, accepts_terms: bool, seen_terms: int | None = None, address: str | None = None
) -> Collaboration:
    """The person takes the responsibility; from the next request they see what is shared.

    Under any number of parallel answers one wins: the collaboration's row is locked before the invitation is read. `seen_terms` is the
    version of the Terms & Conditions beside the box (None: the one in force).
    Raises InvitationClosed, WrongPerson, Refused (terms not ticked), and NotAllowedNow when the grants or the terms moved since the page
    was shown or the person works with this provider already.
    """
    invitation = _answerable(token)
    row = invitation.collaboration
    if not belongs_to(invitation, by):
        raise WrongPerson
    if seen_revision != row.revision:
        raise NotAllowedNow(_("%(name)s changed what is granted while you were reading. Read it again.") % {"name": row.provider.name})
    if not accepts_terms:
        raise Refused(_("The box is not ticked. Tick it to accept."), field="accept")
    terms = consent_texts_in_force().get("terms")
    if terms and seen_terms not in {None, terms.version}:
        raise NotAllowedNow(_("The Terms & Conditions have a new version since you opened this page. Read it and accept it."))
    now = clock.now()
    row.person, row.state, row.accepted_at = by, Collaboration.State.ACTIVE, now
    try:
        with transaction.atomic():
            row.save(update_fields=["person", "state", "accepted_at"])
    except IntegrityError:
        raise NotAllowedNow(_("You work with %(name)s already.") % {"name": row.provider.name}) from None
    Invitation.objects.filter(pk=invitation.pk).update(used_at=now)
    activity.record(
        InvitationAccepted.of(
            row, by.pk, Workspace.COLLABORATOR, invitation=invitation.pk, terms=terms.version if terms else None, address=address
        )
    )
    return row


def invitation_register(
    *,
    token: str,
    first_name: str,
    last_name: str,
    language: str,
    numbering: str,
    password: str | None = None,
    passkey: NewPasskey | None = None,
    **answer: Any,
) -> tuple[User, Collaboration]:
    """Complete registration with a password or a passkey: the account, its proved address and the acceptance, all or none.

    `answer` as for invitation_accept. Raises as invitation_accept and user_prepare do, and NotAllowedNow when the address has an account:
    its person signs in instead.
    """
    if (password is None) == (passkey is None):
        raise Refused(_("Choose a password or a passkey."), field="how")
    invitation = open_invitations().filter(token_digest=digest(token)).first()
    if invitation is None:
        raise InvitationClosed
    user = people.user_prepare(
        email=invitation.email, first_name=first_name, last_name=last_name, password=password, language=language, numbering=numbering
    )
    if passkey is not None:
        user.pk = passkey.user_id
    with transaction.atomic():
        people.user_register(user=user, address_verified=True)
        if passkey is not None:
            passkey_keep(user=user, passkey=passkey)
        return user, invitation_accept(token=token, by=user, **answer)


@transaction.atomic
def invitation_decline(*, token: str, by: User | None, reason: str = "") -> Collaboration:
    """Says no; the provider is told, with the reason. Without an account the link itself is the proof; else only its person may.

    Raises InvitationClosed, WrongPerson, Refused.
    """
    invitation = _answerable(token)
    if by is None and (invitation.person_id or account_of(invitation.email)):
        raise WrongPerson
    if by is not None and not belongs_to(invitation, by):
        raise WrongPerson
    words = " ".join(reason.split())
    if not words.isprintable() and words:
        raise Refused(_("The reason holds a sign that cannot be shown. Remove it."), field="reason")
    if len(words) > REASON_MAX:
        raise Refused(_("The reason has %(n)s characters. Shorten it to %(max)s.") % {"n": len(words), "max": REASON_MAX}, field="reason")
    by_id = by.pk if by else None
    row = ended(invitation.collaboration, Collaboration.Ended.DECLINED, by_id=by_id, workspace="", reason=words)
    activity.record(InvitationDeclined.of(row, by_id, "", invitation=invitation.pk, reason=words))
    return row


def _answerable(token: str) -> Invitation:
    """The open invitation of this link with its collaboration locked. Raises InvitationClosed."""
    known = open_invitations().filter(token_digest=digest(token)).first()
    if known is None:
        raise InvitationClosed
    # Read again under the lock: whoever held it may just have answered.
    row = Collaboration.objects.select_for_update(of=("self",)).select_related("provider__person").get(pk=known.collaboration_id)
    invitation = open_invitations().filter(pk=known.pk).first()
    if invitation is None:
        raise InvitationClosed
    invitation.collaboration = row
    return invitation

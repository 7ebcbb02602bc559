"""Reads of collaborations, consents and invitations."""

import base64
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac

from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText, Invitation, Lookup
from midline.core import clock
from midline.core.http import public_url
from midline.core.ids import digest
from midline.people.models import User
from midline.practices.queries import first_practice

INVITATION_LASTS = timedelta(days=14)
LOOKUPS_AN_HOUR = 30


# --- consent --------------------------------------------------------------------------------------------------------


def consent_texts_in_force() -> dict[str, ConsentText]:
    """The newest version of each of the two texts, by kind."""
    found: dict[str, ConsentText] = {}
    for text in ConsentText.objects.order_by("kind", "version"):
        found[text.kind] = text
    return found


def consents_of(provider_id: int) -> list[ConsentRecord]:
    """What the provider ticked of the texts in force."""
    texts = [text.pk for text in consent_texts_in_force().values()]
    return list(ConsentRecord.objects.filter(provider_id=provider_id, text__in=texts).select_related("text", "person").order_by("at"))


def consent_is_current(provider_id: int) -> bool:
    """Whether the provider ticked the newest version of both texts."""
    texts = consent_texts_in_force()
    return len(texts) == len(ConsentText.Kind.values) and len(consents_of(provider_id)) == len(texts)


@dataclass(frozen=True)
class Earlier:
    """A text of which a collaborator was added under an earlier version than the one in force."""

    label: str
    version: int
    in_force: int


def earlier_texts(row: Collaboration, texts: dict[str, ConsentText]) -> list[Earlier]:
    """The texts of which a newer version came into force since this person was added. The collaboration goes on; the page marks it."""
    added_under = {"consent": row.consent_version, "terms": row.terms_version}
    return [
        Earlier(text.get_kind_display(), version, text.version)
        for kind, text in texts.items()
        if (version := added_under.get(kind)) is not None and version < text.version
    ]


# --- invitations ----------------------------------------------------------------------------------------------------


def token_of(invitation: Invitation, secret: str | bytes | None = None) -> str:
    """The secret of an invitation's link: an HMAC over the row under SECRET_KEY, so that a copied database opens nothing."""
    value = f"{invitation.collaboration_id}:{invitation.email}:{invitation.sent_at.timestamp():.6f}"
    code = salted_hmac("midline.collaboration.invitation", value, secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def invitation_link(invitation: Invitation) -> str:
    """The whole address that the invitation's mail carries. After SECRET_KEY was changed, links of SECRET_KEY_FALLBACKS still work."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = token_of(invitation, secret)
        if digest(token) == invitation.token_digest:
            break
    return public_url(reverse("collaboration:invitation", args=[token]))


def open_invitation(token: str) -> Invitation | None:
    """The invitation of this link while it can be answered; None says nothing about why."""
    return open_invitations().filter(token_digest=digest(token)).select_related("collaboration__provider__person", "person").first()


def open_invitations() -> QuerySet[Invitation]:
    now = clock.now()
    return Invitation.objects.filter(
        used_at=None,
        withdrawn_at=None,
        expires_at__gt=now,
        collaboration__in=Collaboration.objects.open(now).filter(state=Collaboration.State.INVITED),
        collaboration__provider__state="confirmed",
    )


def belongs_to(invitation: Invitation, user: User) -> bool:
    """Whether this person may answer: the account that held the address when it was sent, else the one that has verified it.

    Never the provider who invites, who may have taken the address over meanwhile.
    """
    if invitation.collaboration.provider.person_id == user.pk:
        return False
    if invitation.person_id is not None:
        return invitation.person_id == user.pk
    return bool(user.emailaddress_set.filter(email=invitation.email, verified=True).exists())  # type: ignore[attr-defined]


def account_of(address: str) -> User | None:
    """The account that holds this address now."""
    return User.objects.filter(email=address, is_active=True).first()


# --- a provider's collaborators -------------------------------------------------------------------------------------


def collaborations_of(provider_id: int) -> QuerySet[Collaboration]:
    """Invited and active ones, by name."""
    return Collaboration.objects.open().filter(provider_id=provider_id)


def ended_of(provider_id: int, at_most: int = 20) -> list[Collaboration]:
    """Those that ended, newest first, each person once and only while no new one is open: who could be invited again."""
    again = set(collaborations_of(provider_id).values_list("email", flat=True))
    found: dict[str, Collaboration] = {}
    for row in Collaboration.objects.filter(provider_id=provider_id, state=Collaboration.State.ENDED).order_by("-ended_at")[:200]:
        if row.email not in again:
            found.setdefault(row.email, row)
    return list(found.values())[:at_most]


def collaborations_with(user: User) -> QuerySet[Collaboration]:
    """The live collaborations of a person as collaborator."""
    return Collaboration.objects.live().filter(person=user).select_related("provider__person")


def known_addresses(provider_id: int) -> list[Collaboration]:
    """People the provider works with or worked with: what may be suggested while typing, one row an address."""
    rows = Collaboration.objects.filter(provider_id=provider_id).order_by("email", "-id")
    return list({row.email: row for row in rows}.values())


@dataclass(frozen=True)
class Found:
    """What a look-up shows of a person: name and clinic, nothing more."""

    first_name: str
    last_name: str
    clinic: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()


def findable_person(address: str, asking: User) -> Found | None:
    """Somebody else with exactly this address who allows being found. One read for unknown and hidden alike."""
    person = User.objects.filter(email=address, is_active=True, findable=User.Findable.EXACT).exclude(pk=asking.pk).first()
    if person is None or not person.first_name:
        return None
    provider = getattr(person, "provider", None)
    practice = first_practice(provider.pk) if provider and provider.state == "confirmed" else None
    return Found(person.first_name, person.last_name, practice.name if practice else "")


def lookups_left(provider_id: int) -> int:
    """How many exact look-ups of strangers the provider has left within this hour."""
    since = clock.now() - timedelta(hours=1)
    return LOOKUPS_AN_HOUR - Lookup.objects.filter(provider_id=provider_id, at__gt=since).count()

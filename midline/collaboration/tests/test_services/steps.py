"""What these tests do and compare."""

from midline.activity.models import Event
from midline.collaboration import queries, services
from midline.collaboration.models import Invitation
from midline.core.workspace import Workspace
from midline.people.policies import Actor


def acting(provider) -> Actor:
    return Actor(provider.person, Workspace.ACCOUNT, provider.pk)


def add(provider, email="yuki.otani@example.org", **terms):
    return services.collaborator_add(by=acting(provider), **({"email": email, "first_name": "Yuki", "last_name": "Ōtani"} | terms))


def link(collaboration) -> str:
    """The token of the newest link, as the mail carries it."""
    invitation = Invitation.objects.filter(collaboration=collaboration).latest("pk")
    return queries.invitation_link(invitation).rstrip("/").rpartition("/")[2]


def accept(collaboration, user, **changes):
    given = {"token": link(collaboration), "by": user, "seen_revision": collaboration.revision, "accepts_terms": True}
    return services.invitation_accept(**(given | changes))


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def move(person, address) -> None:
    """The person changes their e-mail address: the old one is no longer theirs."""
    person.emailaddress_set.update(email=address)
    person.email = address
    person.save()


def change(provider, row, **terms):
    given = {"relation": row.relation, "grants": [], "evaluates": row.evaluates, "hides_identity": row.hides_identity}
    return services.collaboration_change(collaboration=row, by=acting(provider), **(given | terms))

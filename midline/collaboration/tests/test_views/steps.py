"""What these tests do and compare."""

import re

from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, Invitation
from midline.core.workspace import Workspace
from midline.people.policies import Actor


def acting(provider) -> Actor:
    return Actor(provider.person, Workspace.ACCOUNT, provider.pk)


def invite(provider, email="yuki@example.org", **terms) -> Collaboration:
    return services.collaborator_add(by=acting(provider), **({"email": email, "first_name": "Yuki", "last_name": "Ōtani"} | terms))


def address(row: Collaboration, page: str = "") -> str:
    token = queries.token_of(Invitation.objects.filter(collaboration=row).latest("pk"))
    return f"/invitation/{token}/{page}"


def bytes_of(response) -> str:
    plain = re.sub(r'(name="csrfmiddlewaretoken" value="|content="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", response.content.decode())
    return f"{response.status_code} {plain}"


REGISTRATION = {
    "terms": "1",
    "first_name": "Yuki",
    "last_name": "Ōtani",
    "language": "de",
    "numbering": "palmer",
    "password": "twelve letters",
    "accept": "on",
    "revision": "1",
}

"""What these tests do and compare."""

import re

from midline.collaboration import services
from midline.core.workspace import Workspace
from midline.people.policies import Actor

PAGE = "/account/collaborators/"


TICKS = {"consent": "1", "terms": "1"}


SOMEBODY = {
    "email": "yuki@example.org",
    "first_name": "Yuki",
    "last_name": "Ōtani",
    "relation": "staff",
    "scope": "none",
    "shows_identity": "on",
    "ends_on": "",
    "message": "",
}


def found(pattern: str, response) -> str:
    """What the pattern's first group, or the whole of it, finds in the page."""
    match = re.search(pattern, response.content.decode())
    assert match, pattern
    return match[match.re.groups]


def tick(provider) -> None:
    services.consent_give(by=Actor(provider.person, Workspace.ACCOUNT, provider.pk), address=None)


def bytes_of(response) -> str:
    plain = re.sub(r'(name="csrfmiddlewaretoken" value="|content="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", response.content.decode())
    return f"{response.status_code} {plain}"

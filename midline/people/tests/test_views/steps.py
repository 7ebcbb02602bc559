"""What these tests do and compare."""

import re

from django.test import Client

from midline.people.tests.factories import PASSWORD


def bytes_of(response) -> str:
    """What a reader can tell two answers apart by, without the tokens that differ at each request."""
    plain = re.sub(r'(name="csrfmiddlewaretoken" value="|content="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", response.content.decode())
    return f"{response.status_code} {response.get('Location', '')} {plain}"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more):
    return client.post("/account/login/", {"login": email, "password": password, **more})

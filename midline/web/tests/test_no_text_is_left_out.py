"""No text for people is left outside the catalogues: every page and every e-mail, in a language that is all brackets."""

import sys
from collections import defaultdict
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import translation

from midline.cases.tests.test_every_address import HERE, WORKSPACES, path_of
from midline.core import clock
from midline.notify.letters import mail_of
from midline.notify.tests.test_letters import every_kind  # noqa: F401 - a fixture
from midline.people.mails import WORDS, compose
from midline.people.models import User
from midline.people.tests.factories import UserFactory
from midline.web.tests.brackets import Reader, forgotten, outside, what_people_wrote, write_catalogue

# A mail as the demo's mailbox shows it, and the page of parts for who builds pages.
NOT_FOR_PEOPLE = {"web:design", "notify:letter", "notify:letter_html", "notify:mailbox"}

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("locale")
    write_catalogue(folder)
    return folder


@pytest.fixture
def brackets(settings, catalogue):
    """German becomes the pseudo-language."""
    settings.LOCALE_PATHS = [catalogue]
    words_forgotten()
    yield
    translation.activate("en")
    words_forgotten()


def words_forgotten() -> None:
    """What was written once per language is of another language now."""
    for name, module in list(sys.modules.items()):
        for thing in vars(module).values() if name.startswith("midline.") else ():
            if callable(forget := getattr(thing, "cache_clear", None)):
                forget()


def asked(client: Client, method: str, path: str) -> str:
    """The page that somebody gets, or nothing where the answer is no page; nothing that was done stays done."""
    cache.clear()
    with transaction.atomic():
        response = getattr(client, method)(path, headers={"accept-language": "de"})
        content = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    return content.decode() if response["Content-Type"].startswith("text/html") else ""


def said(left: dict[str, set[str]]) -> str:
    return "\n".join(f"{piece[:120]!r}: {', '.join(sorted(where)[:4])}" for piece, where in sorted(left.items()))


@pytest.mark.slow
@pytest.mark.once
def test_every_page_is_translated(there, brackets):
    User.objects.update(language="de")
    written = what_people_wrote()
    left: dict[str, set[str]] = defaultdict(set)
    for who in ("signed_out", "owner", "with_every_grant", "technician"):
        client = Client() if who == "signed_out" else there.people[who].client
        # What the world's own acts said was said before, in English.
        client.get("/account/")
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        for row in HERE:
            if row.method in {"GET", "POST"} and row.name not in NOT_FOR_PEOPLE:
                path = path_of(row, there, WORKSPACES.get(who, "collaborator"))
                page = asked(client, row.method.lower(), path)
                client.cookies = SimpleCookie(cookies)
                read = Reader(page)
                for piece in forgotten(read.outside, written) | set(read.numbers):
                    left[piece].add(f"{who}: {row.name} {row.method}")

    assert not left, said(left)


@pytest.mark.slow
@pytest.mark.once
def test_every_mail_of_an_event_is_translated(every_kind, brackets):  # noqa: F811 - the fixture
    written = [*what_people_wrote(), "Ida Ek", "Priya Nair", "Posten", "NO 4711"]
    left: dict[str, set[str]] = defaultdict(set)
    for delivery in every_kind:
        assert delivery.person is not None
        delivery.person.language = "de"
        message = mail_of(delivery)
        html = str(message.alternatives[0][0])
        for piece in forgotten([*outside(str(message.subject)), *outside(str(message.body)), *Reader(html).outside], written):
            left[piece].add(delivery.kind)

    assert not left, said(left)


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_mail_of_an_account_is_translated(name, brackets):
    values = {
        "user": UserFactory(language="de"),
        "ip": "127.0.0.1",
        "timestamp": clock.now(),
        WORDS[name].link or "link": "https://example.org/x/",
    }
    mail = compose(WORDS[name], values)

    assert not forgotten([*outside(mail.subject), *outside(mail.text), *Reader(mail.html).outside], what_people_wrote())

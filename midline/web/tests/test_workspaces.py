"""One person, three capacities: each address asks the one it names, and every link of a page stays in it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from midline.activity.models import Event
from midline.cases.models import Case
from midline.cases.tests.factories import make_case, move
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.conversation.services import comment_add
from midline.core.ids import new_key
from midline.notify.tests.factories import sent
from midline.people.models import User
from midline.web.tests.below_a_case import Held, held_case

SPACES = ("provider", "collaborator", "lab")
# What a page leads to, posts to, fetches from.
ADDRESS = re.compile(r'(?:href|action|formaction|data-src|data-updates|data-uploads|data-then|hx-get|hx-post|src)="(/[^"]*)"')
MENU = re.compile(r'<nav id="ml-account".*?</nav>', re.DOTALL)
TEMPLATES = [path for path in Path(settings.BASE_DIR, "midline").glob("*/templates/**/*.html") if path.name != "design.html"]


@pytest.fixture
def held(cast) -> Held:
    """The cast's case with something of every room; its owner collaborates elsewhere and works in the lab, as does its planner."""
    return held_case(cast)


@pytest.fixture
def everything(cast, held):
    """Somebody who owns a case, collaborates on the cast's with every grant, and works in the lab."""
    user = cast.other_provider.user
    CollaborationFactory(provider=cast.practice.provider, person=user, every_case=True, **EVERY_GRANT)
    User.objects.filter(pk=user.pk).update(is_technician=True)
    return cast.other_provider.client


def test_what_one_is_in_one_workspace_gives_nothing_in_another(cast, held, everything):
    """The case is theirs as a collaborator and as the lab; as a provider they own others, so there it does not exist."""
    there = [path for path in held.paths("collaborator") if everything.get(path).status_code == 200]
    assert len(there) >= 12
    as_provider = held.paths("provider")
    assert {path: code for path in as_provider if (code := everything.get(path).status_code) not in {404, 405}} == {}
    assert {path: code for path in as_provider if (code := everything.post(path).status_code) not in {404, 405}} == {}

    own = make_case(cast.other_provider.user.provider.practices.get())
    for workspace in ("collaborator", "lab"):
        assert everything.get(f"/{workspace}/cases/{own.number}/").status_code == 404, workspace
    assert everything.get(f"/provider/cases/{own.number}/").status_code == 200


def test_the_lab_of_the_same_person_reads_no_conversation(cast, held, everything):
    comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body="Between us two.", key=new_key())
    number = cast.case.number

    assert "Between us two." in everything.get(f"/collaborator/cases/{number}/discussion/").content.decode()
    assert everything.get(f"/lab/cases/{number}/discussion/").status_code == 404
    assert "Between us two." not in everything.get(f"/lab/cases/{number}/").content.decode()


@pytest.mark.parametrize("workspace", SPACES)
def test_every_link_of_every_page_stays_in_its_workspace(cast, held, everything, workspace):
    client = cast.owner.client if workspace == "provider" else everything
    if workspace == "provider":
        CollaborationFactory(person=cast.owner.user)
        User.objects.filter(pk=cast.owner.user.pk).update(is_technician=True)
    lists = {
        "provider": ["orders/", "collaborators/", "orders/add/"],
        "collaborator": ["cases/", "choose/provider/", "orders/add/"],
        "lab": ["queue/"],
    }
    paths = [*(f"/{workspace}/{path}" for path in lists[workspace]), *held.paths(workspace), f"/{workspace}/cases/9999999/"]
    paths = [path for path in paths if path.startswith(f"/{workspace}/")]
    pages = 0
    for path in paths:
        response = client.get(path)
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        page = b"".join(response).decode()
        pages += 1
        wrong = {address for address in ADDRESS.findall(MENU.sub("", page)) if address.split("/")[1] in set(SPACES) - {workspace}}
        # The page of a fault offers the person's other workspaces by name.
        wrong -= {f"/{other}/" for other in SPACES} if response.status_code in {403, 404} else set()
        assert not wrong, (path, wrong)
        if "<header" in page:
            assert re.search(rf'class="ml-brand[^"]*" href="/{workspace}/"', page), path
    assert pages >= 10


@pytest.mark.parametrize("workspace", SPACES)
def test_a_redirect_after_a_form_stays_in_its_workspace(cast, held, everything, workspace):
    client = cast.owner.client if workspace == "provider" else everything
    paths = [path for path in held.paths(workspace) if path.startswith(f"/{workspace}/")]
    went = [client.post(path, {"answer": "done", "words": "Later."}).headers.get("Location", "") for path in paths]
    assert {target for target in went if target.split("/")[1:2] and target.split("/")[1] in set(SPACES) - {workspace}} == set()


def test_mails_and_the_bell_lead_into_the_workspace_of_their_reader(cast, held, everything):
    before = Event.objects.count()
    comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body="Look again.", key=new_key())
    move(Case.objects.get(pk=cast.case.pk), "hold", technician=cast.technician.user)
    assert Event.objects.count() > before
    letters = sent(cast.other_provider.user.email)
    assert letters
    for letter in letters:
        links = re.findall(r"https?://[^/\s]+/(\w+)/cases/", str(letter.body))
        assert set(links) <= {"collaborator"}, letter.subject
    bell = everything.get("/account/bell/").content.decode()
    opened = re.findall(r'href="(/account/bell/\d+/)"', bell)
    assert opened
    assert {everything.get(path)["Location"].partition("//")[2].split("/")[1] for path in opened} == {"collaborator"}


def test_no_template_names_a_workspace_in_an_address():
    """Static: an address below a workspace takes it from the page (`actor.workspace`, `workspace`), never from a word in the template."""
    literal = re.compile(r"""(?:href|action|hx-get|hx-post|data-src)=["']/(?:provider|collaborator|lab)/|\{%\s*url\s+'[\w:]+'\s+'(\w+)'""")
    # Pages and parts that belong to one workspace name it.
    of_one = {"cases/collaborator_cases.html", "cases/manage_orders.html", "cases/_nothing.html", "lab/queue.html"}
    found = [
        (path.name, match[0])
        for path in TEMPLATES
        for match in literal.finditer(path.read_text())
        if "/".join(path.parts[-2:]) not in of_one and (match[1] or "provider") in SPACES
    ]
    assert found == []

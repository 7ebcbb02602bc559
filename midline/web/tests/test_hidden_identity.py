"""A collaborator from whom identity is hidden never reads the patient's name: no page, no header, no file, no list, no mail."""

import json
import re
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from midline.cases.models import Case
from midline.cases.tests.factories import move
from midline.collaboration.models import Collaboration
from midline.conversation.services import comment_add
from midline.core.ids import new_key
from midline.jobs import services as jobs
from midline.notify.tests.factories import PATIENT, name_patient, whole
from midline.records.models import Record
from midline.setups.models import SetupImport, SetupVersion
from midline.web.tests.below_a_case import Held, held_case

# The names, and how they would look spelled into an address or a page.
NAMED = re.compile("|".join(PATIENT).encode(), re.IGNORECASE)


@pytest.fixture
def held(cast) -> Held:
    """The case with the patient's name wherever a person could have put it: file names of the record, the ZIP and the setup."""
    name_patient(cast.case)
    given = held_case(cast)
    told = "_".join(PATIENT)
    Record.objects.update(filename=f"{told}.jpg")
    SetupImport.objects.update(filename=f"{told}.zip")
    SetupVersion.objects.update(original_name=f"{told}.zip")
    Collaboration.objects.filter(provider=cast.practice.provider).update(hides_identity=True)
    return given


def everything(client, path: str, **more) -> tuple[int, bytes]:
    """Headers and bytes of an answer."""
    response = client.get(path, headers={"Tus-Resumable": "1.0.0"}, **more)
    body = b"".join(response)
    return response.status_code, "\n".join(f"{key}: {value}" for key, value in response.items()).encode() + b"\n" + body


def test_the_owner_does_read_the_name(cast, held):
    assert NAMED.search(everything(cast.owner.client, f"/provider/cases/{cast.case.number}/")[1])


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant"])
def test_no_address_below_the_case_holds_the_name(cast, held, who):
    client = getattr(cast, who).client
    read: dict[str, Any] = {}
    for path, name in held.paths("collaborator").items():
        for given in (path, f"{path}?after=0"):
            status, found = everything(client, given)
            read[name] = max(read.get(name, 0), status == 200)
            assert not NAMED.search(found), (given, NAMED.search(found))

    assert sum(read.values()) >= 12
    page = everything(client, reverse("setups:review", args=["collaborator", cast.case.number, 1]))[1].decode()
    plan = re.search(r'<script[^>]*id="setup-plan"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert plan
    assert json.loads(plan[1])


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant"])
def test_no_list_and_no_search_holds_or_finds_the_name(cast, held, who):
    client = getattr(cast, who).client
    jobs.run_all()
    for path in (
        "/collaborator/cases/", "/collaborator/cases/export.csv", "/collaborator/updates?after=0", "/account/bell/", "/account/bell/list/",
        "/account/collaborations/", "/account/email-notifications/", "/collaborator/orders/add/", "/collaborator/orders/add-retainer/",
    ):  # fmt: skip
        assert not NAMED.search(everything(client, path)[1]), path

    for term in PATIENT:
        found = client.post("/collaborator/cases/", {"term": term}, follow=True).content.decode()
        assert cast.case.number not in found
    assert cast.case.number in client.post("/collaborator/cases/", {"term": cast.case.number}, follow=True).content.decode()


def test_a_retainer_is_not_found_by_the_name(cast, held):
    data = {"provider": cast.practice.provider_id, "find": "1", "words": PATIENT[1]}
    page = cast.with_every_grant.client.post("/collaborator/orders/add-retainer/", data).content.decode()

    assert cast.case.number not in page
    assert PATIENT[0] not in page


def test_no_mail_to_them_holds_the_name(cast, held):
    comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body="Look again.", key=new_key())
    case = Case.objects.get(pk=cast.case.pk)
    move(case, "hold", technician=cast.technician.user)
    jobs.run_all()

    theirs = {cast.with_every_grant.user.email, cast.with_no_grant.user.email}
    letters = [whole(letter) for letter in mail.outbox if theirs & set(letter.to)]
    assert letters
    assert not [letter for letter in letters if NAMED.search(letter.encode())]

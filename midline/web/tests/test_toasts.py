"""What a page says after a redirect stays in its workspace, with two tabs open in two."""

import pytest
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpResponse

from midline.collaboration.tests.factories import CollaborationFactory
from midline.people.forms import ProfileForm
from midline.web.toasts import WorkspaceStorage


@pytest.fixture
def both(cast):
    """A provider who also collaborates, with one session in two tabs."""
    CollaborationFactory(person=cast.owner.user, every_case=True)
    return cast.owner.client


def toasts(page: str) -> str:
    return page.partition('id="ml-toasts"')[2].partition("</div>\n<template")[0]


def say(cast) -> str:
    """The provider discards a draft: the answer is a redirect, and the next page says so."""
    started = cast.owner.client.post("/provider/orders/add/", {"practice": cast.practice.pk})["Location"]
    number, order = started.split("/")[3], started.split("/")[5]
    assert cast.owner.client.post(f"/provider/cases/{number}/orders/{order}/discard/").status_code == 302
    return f"The draft {number} was discarded."


def test_a_toast_waits_for_a_page_of_its_own_workspace(cast, both):
    said = say(cast)

    assert said not in both.get("/collaborator/cases/").content.decode()
    assert said not in both.get("/account/").content.decode()
    assert said in toasts(both.get("/provider/orders/").content.decode())
    assert said not in both.get("/provider/orders/").content.decode()


def test_each_workspace_is_told_its_own(cast, both, rf):
    said = say(cast)
    request = rf.get("/collaborator/cases/")
    request.session, request.COOKIES = both.session, {name: morsel.value for name, morsel in both.cookies.items()}
    request._messages = storage = WorkspaceStorage(request)
    messages.success(request, "Marked.", extra_tags="/undo/")
    assert [(str(one), one.extra_tags) for one in storage] == [("Marked.", "/undo/")]
    assert [str(one) for one in storage] == ["Marked."]
    response = HttpResponse()
    storage.update(response)
    both.cookies["messages"] = response.cookies["messages"].value

    assert said in toasts(both.get("/provider/orders/").content.decode())


def test_what_concerns_the_person_is_told_on_the_next_page(cast, both):
    both.post("/account/", {**model_to_dict(cast.owner.user, fields=ProfileForm.Meta.fields), "single_keys": "on"})

    assert "Profile saved." in both.get("/collaborator/cases/").content.decode()


def test_the_undo_of_a_toast_leads_to_its_own_workspace(cast, both):
    data = {"collaboration": cast.with_no_grant.collaboration.pk}
    both.post(f"/provider/cases/{cast.case.number}/collaborators/", data)

    assert "/undo/" not in toasts(both.get("/collaborator/cases/").content.decode())
    page = toasts(both.get("/provider/orders/").content.decode())
    assert page.count('action="/provider/shares/') == 1
    assert "|" not in page.partition("action=")[2].partition(">")[0]

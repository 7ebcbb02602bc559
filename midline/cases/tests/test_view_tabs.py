"""Saved views over HTTP: tabs, what a view keeps, and that an address never opens somebody else's."""

import re

import pytest
from django.urls import reverse

from midline.cases import services
from midline.cases.models import CaseUnread, SavedView, SearchTerm
from midline.cases.tests.factories import case_in, make_case

ORDERS = reverse("cases:manage_orders")
SHARED = reverse("cases:collaborator_cases")
SAVE = reverse("cases:view_save", args=["provider"])
COUNTS = reverse("cases:view_counts", args=["provider"])
HTMX = {"HX-Request": "true"}


def save(cast, name="Waiting", at="?status=submitted&sort=patient", **more):
    return cast.owner.client.post(SAVE, {"name": name, "at": at, **more}, headers=HTMX)


def change(cast, view, client=None, **data):
    address = reverse("cases:view_change", args=["provider", view.pk])
    return (client or cast.owner.client).post(address, data)


def searched(cast) -> SearchTerm:
    typed = services.search_keep(term="Dąbrowska", by=cast.owner.actor)
    assert typed is not None
    return typed


def tabs(response) -> list[tuple[str, object, bool]]:
    return [(tab["label"], tab["count"], tab["current"]) for tab in response.context["list"].saved]


def test_a_saved_view_is_a_tab_with_its_count_and_is_current_when_it_is_open(cast):
    answer = save(cast, at="?status=submitted&sort=patient&page=3&after=0-7")
    view = SavedView.objects.get()

    assert answer.headers["HX-Redirect"] == f"{ORDERS}?view={view.pk}&status=submitted&sort=patient"
    opened = cast.owner.client.get(answer.headers["HX-Redirect"])
    assert tabs(opened) == [("Waiting", 1, True)]
    assert [tab["current"] for tab in opened.context["list"].tabs] == [False] * 4
    assert opened.context["list"].tabs[0]["url"] == "?", "the groups lead back to the plain list"
    assert "Save changes" not in opened.content.decode()
    assert tabs(cast.owner.client.get(ORDERS)) == [("Waiting", 1, False)]


def test_a_changed_view_offers_to_save_the_changes(cast):
    save(cast)
    view = SavedView.objects.get()
    changed = f"{ORDERS}?view={view.pk}&status=draft&sort=patient"
    assert "Save changes" in cast.owner.client.get(changed).content.decode()

    change(cast, view, act="update", at=f"?view={view.pk}&status=draft&sort=patient")

    assert SavedView.objects.get().query == "status=draft&sort=patient"
    assert "Save changes" not in cast.owner.client.get(changed).content.decode()


def test_the_name_and_the_search_stand_in_no_address(cast):
    typed = searched(cast)
    target = save(cast, "Zofia Dąbrowska", f"?q={typed.pk}&status=submitted").headers["HX-Redirect"]
    view = SavedView.objects.get()

    assert view.query == "status=submitted"
    assert str(typed.pk) not in target
    assert re.fullmatch(rf"{ORDERS}\?view={view.pk}&status=submitted&q={view.search_id}", target)
    opened = cast.owner.client.get(target)
    assert opened.context["list"].asked.term == "Dąbrowska"
    assert not opened.context["list"].view_changed


def test_another_person_who_opens_my_address_sees_the_view_without_the_search(cast):
    make_case(cast.other_provider.user.provider.practices.get(), first_name="Bo")
    typed = searched(cast)
    target = save(cast, at=f"?q={typed.pk}&status=draft").headers["HX-Redirect"]
    theirs = cast.other_provider.client.get(target).context["list"]

    assert (theirs.asked.term, theirs.asked.status, theirs.view, theirs.saved) == ("", ("draft",), None, [])
    assert len(theirs.rows) == 1


@pytest.mark.parametrize("who", ["other_provider", "with_no_grant"])
@pytest.mark.parametrize("act", ["view_change", "view_delete", "view_restore"])
def test_a_foreign_view_does_not_exist(cast, who, act):
    save(cast)
    view = SavedView.objects.get()
    client = cast.client_of(who)

    for workspace in ("provider", "collaborator"):
        address = reverse(f"cases:{act}", args=[workspace, view.pk])
        assert client.post(address, {"act": "rename", "name": "Mine"}).status_code == 404
    assert SavedView.objects.get().name == "Waiting"


def test_a_name_that_is_taken_asks_before_it_replaces(cast):
    save(cast)
    asked = save(cast, at="?status=draft")
    assert asked.status_code == 409
    assert "You have a view named “Waiting”." in asked.content.decode()
    assert 'name="at" value="?status=draft"' in asked.content.decode(), "nothing is lost"

    save(cast, at="?status=draft", replace="1")
    assert SavedView.objects.get().query == "status=draft"


@pytest.mark.parametrize(("name", "said"), [("", "nothing is written"), ("   ", "nothing is written"), ("x" * 61, "61 letters")])
def test_a_name_that_cannot_be_is_refused_with_field_value_and_remedy(cast, name, said):
    answer = save(cast, name)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SavedView.objects.exists()


def test_a_hostile_name_is_only_words(cast):
    save(cast, "<script>alert(1)</script>\"'")
    html = cast.owner.client.get(ORDERS, {"view": SavedView.objects.get().pk}).content.decode()

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;" in html


def test_the_twenty_first_view_says_what_to_do(cast):
    for number in range(20):
        services.view_save(name=f"View {number}", query="", term="", by=cast.owner.actor)
    answer = save(cast, "One more")

    assert answer.status_code == 422
    assert "You have 20 views, the most that there can be. Delete one of them first." in answer.content.decode()


def test_views_are_renamed_moved_and_deleted_with_undo(cast):
    for name in ("One", "Two"):
        save(cast, name)
    one = SavedView.objects.get(name="One")
    change(cast, one, act="later", at=f"?view={one.pk}")
    change(cast, one, act="rename", name="First", at="")
    assert [label for label, *_ in tabs(cast.owner.client.get(ORDERS))] == ["Two", "First"]
    taken = change(cast, one, act="rename", name="two", at="")
    assert "another view named “Two”" in cast.owner.client.get(taken.url).content.decode()
    assert change(cast, one, act="nonsense").status_code == 404

    gone = cast.owner.client.post(reverse("cases:view_delete", args=["provider", one.pk]), follow=True)
    assert [label for label, *_ in tabs(gone)] == ["Two"]
    undo = next(message.extra_tags for message in gone.context["messages"])
    assert [label for label, *_ in tabs(cast.owner.client.post(undo, follow=True))] == ["Two", "First"]


def test_counts_of_filters_are_fetched_after_the_page_and_stop_at_99(cast):
    save(cast, "Unread", "?unread=1")
    save(cast, "Closed", "?group=closed")
    CaseUnread.objects.create(person=cast.owner.user, case=cast.case, count=1)
    case_in(cast.practice, "completed", technician=cast.technician.user)

    assert [count for _label, count, _current in tabs(cast.owner.client.get(ORDERS))] == [None, 1]
    assert list(cast.owner.client.get(COUNTS).json().values()) == ["1", "1"]
    for _number in range(100):
        CaseUnread.objects.create(person=cast.owner.user, case=make_case(cast.practice), count=1)
    assert list(cast.owner.client.get(COUNTS).json().values()) == ["99+", "1"]


def test_a_view_of_a_collaborator_shows_what_is_shared_now(cast):
    address = reverse("cases:view_save", args=["collaborator"])
    at = f"?provider={cast.practice.provider_id}&category=progress"
    target = cast.with_no_grant.client.post(address, {"name": "Maren", "at": at}).url
    assert [row.number for row in cast.with_no_grant.client.get(target).context["list"].rows] == [cast.case.number]

    services.cases_unshare(collaboration=cast.with_no_grant.collaboration, cases=type(cast.case).objects.all(), by=cast.owner.actor)
    assert cast.with_no_grant.client.get(target).context["list"].rows == []
    assert cast.with_every_grant.client.get(SHARED).context["list"].saved == []


def test_saving_without_scripts_answers_with_pages(cast):
    assert "<html" in cast.owner.client.post(SAVE, {"name": "", "at": "?status=draft"}).content.decode()
    done = cast.owner.client.post(SAVE, {"name": "Drafts", "at": "?status=draft"}, follow=True)

    assert "View “Drafts” saved." in done.content.decode()
    assert not SearchTerm.objects.exists()

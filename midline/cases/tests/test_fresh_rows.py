"""Rows of an open list, fetched anew: what changed, what went, what is to announce, and nothing that is not the reader's."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.activity.models import Access
from midline.cases import services
from midline.cases.models import CaseUnread, RecordNeed, Share
from midline.cases.tests.factories import case_in, make_case, share
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.practices.tests.factories import PracticeFactory

ROWS = {"provider": reverse("cases:orders_rows"), "collaborator": reverse("cases:collaborator_rows")}
LISTS = {"provider": reverse("cases:manage_orders"), "collaborator": reverse("cases:collaborator_cases")}


def fresh(person, workspace: str, shown: "dict[str | None, str]", query: str = "") -> str:
    response = person.client.get(ROWS[workspace] + (query or "?"), {"case": [f"{group}.{number}" for number, group in shown.items()]})
    assert response.status_code == 200
    return str(response.content.decode())


def said(html: str, name: str) -> str:
    found = re.search(rf'data-{name}="([^"]*)"', html)
    assert found, name
    return found[1]


def rows(html: str) -> list[str]:
    return re.findall(r"<tr data-row.*?</tr>", html, re.DOTALL)


@pytest.mark.parametrize(("who", "workspace"), [("owner", "provider"), ("with_no_grant", "collaborator")])
def test_a_fresh_row_is_the_row_of_the_page(cast, who, workspace):
    person = getattr(cast, who)
    CaseUnread.objects.create(person=person.user, case=cast.case, count=2)
    page = person.client.get(LISTS[workspace]).content.decode()

    html = fresh(person, workspace, {cast.case.number: "progress"})

    assert rows(html) == rows(page)
    assert (said(html, "gone"), said(html, "moved-words"), said(html, "gone-words")) == ("", "", "")


def test_a_row_whose_case_moved_shows_where_it_stands_and_is_announced(cast):
    services.order_move(order=cast.case.current_order, event="take", by=cast.technician.actor)
    assert said(fresh(cast.owner, "provider", {cast.case.number: "progress"}), "moved-words") == ""
    missing = services.Ask("upper_scan", RecordNeed.Kind.MISSING, "It is not there.")
    services.records_ask(order=cast.case.current_order, asks=[missing], by=cast.technician.actor)

    html = fresh(cast.owner, "provider", {cast.case.number: "progress"})

    assert "Records needed" in rows(html)[0]
    assert "Your turn" in rows(html)[0]
    assert said(html, "moved-words") == "1 case changed"


def test_a_case_that_came_is_announced_and_not_put_between(cast):
    other = case_in(cast.practice, "submitted", technician=cast.technician.user)

    html = fresh(cast.owner, "provider", {cast.case.number: "progress"})

    assert said(html, "moved-words") == "1 case changed"
    assert str(other.number) not in html
    assert said(html, "seen") == "2"


def test_a_case_that_left_the_filter_stays_as_it_stands_and_is_announced(cast):
    html = fresh(cast.owner, "provider", {cast.case.number: "action"}, "?group=action")

    assert "Submitted" in rows(html)[0]
    assert said(html, "moved-words") == "1 case changed"


def test_a_case_no_longer_shared_is_gone_and_nothing_of_it_is_said(cast):
    Share.objects.filter(case=cast.case, collaboration=cast.with_no_grant.collaboration).update(ended_at=clock.now())
    html = fresh(cast.with_no_grant, "collaborator", {cast.case.number: "progress"})

    assert rows(html) == []
    assert said(html, "gone") == cast.case.number
    assert said(html, "gone-words") == f"Case {cast.case.number} is no longer in your list."
    assert "Dąbrowska" not in html


def test_what_was_never_the_readers_answers_as_what_does_not_exist(cast):
    foreign = make_case(PracticeFactory(), first_name="Foreign")
    absent = "9999999"

    answers = [fresh(cast.owner, "provider", {number: ""}).replace(str(number), "N") for number in (foreign.number, absent)]

    assert answers[0] == answers[1]
    assert "Foreign" not in answers[0]


def test_a_hidden_identity_stays_hidden_in_a_fresh_row(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(hides_identity=True)

    html = fresh(cast.with_no_grant, "collaborator", {cast.case.number: "progress"})

    assert "Identity hidden" in rows(html)[0]
    assert "Zofia" not in html


def test_names_of_people_are_escaped_in_rows(cast):
    case = make_case(cast.practice, first_name="<script>alert(1)</script>", last_name="\"&'")
    share(case, cast.with_no_grant.collaboration)
    for person, workspace in ((cast.owner, "provider"), (cast.with_no_grant, "collaborator")):
        row = rows(fresh(person, workspace, {case.number: "action"}))[0]

        assert "<script>" not in row
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;&#x27;" in row


def test_looking_again_stands_in_the_access_log(cast):
    fresh(cast.with_no_grant, "collaborator", {cast.case.number: "progress"})

    newest = Access.objects.latest("pk")
    assert (newest.person_id, newest.view, newest.case_ids) == (cast.with_no_grant.user.pk, "collaborator_cases", [cast.case.pk])


@pytest.mark.parametrize("given", ["", ".", "x.y", "action.", "action.²", f"action.{'9' * 40}", "<b>.0104217", "a.b.c"])
def test_what_a_page_says_it_shows_may_be_anything(cast, given):
    response = cast.owner.client.get(ROWS["provider"], {"case": [given] * 300})

    assert response.status_code == 200
    assert "<b>" not in response.content.decode()


def test_rows_of_one_workspace_are_not_there_in_the_other(cast):
    assert cast.owner.client.get(ROWS["collaborator"]).status_code == 404
    assert cast.with_no_grant.client.get(ROWS["provider"]).status_code == 404


def test_fifty_rows_cost_as_many_queries_as_two(cast):
    named = {}
    for number in range(12):
        case = make_case(cast.practice, first_name=f"P{number}")
        share(case, cast.with_no_grant.collaboration)
        named[case.number] = "action"
    two = dict(list(named.items())[:2])

    with CaptureQueriesContext(connection) as few:
        fresh(cast.owner, "provider", two)
    with CaptureQueriesContext(connection) as many:
        fresh(cast.owner, "provider", named)

    assert len(many) == len(few)

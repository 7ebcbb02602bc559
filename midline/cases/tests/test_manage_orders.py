"""Manage Orders over HTTP."""

import csv
import io

import pytest
from django.http import QueryDict
from django.urls import reverse

from midline.activity.models import Access
from midline.cases.models import Case, Share
from midline.cases.queries import Asked
from midline.cases.tests.factories import PATHS, case_in, make_case, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.practices.tests.factories import PracticeFactory

ORDERS = reverse("cases:manage_orders")
EXPORT = reverse("cases:export_orders")
SHARE = reverse("cases:orders_share")


def page(client, query: str = "") -> str:
    response = client.get(ORDERS + query)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant", "technician", "stranger"])
@pytest.mark.parametrize("address", [ORDERS, EXPORT])
def test_nobody_but_a_provider_has_this_page(cast, who, address):
    assert cast.client_of(who).get(address).status_code == 404


def test_signed_out_people_sign_in_first(cast):
    response = cast.client_of("signed_out").get(ORDERS)

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_a_provider_sees_the_own_cases_alone(cast):
    foreign = make_case(PracticeFactory(), first_name="Foreign")
    assert foreign.number

    assert cast.case.number in page(cast.owner.client)
    assert foreign.number not in page(cast.owner.client)
    assert cast.case.number not in page(cast.other_provider.client)


def test_a_row_says_how_the_case_stands(cast):
    html = page(cast.owner.client)

    for words in ("Zofia Dąbrowska", cast.practice.name, "Aligner, both arches", "Submitted", "Awaiting Setup", "Lab"):
        assert words in html, words
    assert f"2 collaborators on {cast.case.number}" in html


def test_before_the_first_collaborator_a_hint_stands_instead_of_the_icons(cast):
    make_case(cast.other_provider.user.provider.practices.get())
    html = page(cast.other_provider.client)

    assert "Add your first collaborator in My Account" in html
    assert "data-collaborators" not in html
    assert "Collaborator status" not in html.split("<table")[1]
    assert "Add your first collaborator" not in page(cast.owner.client)


def test_tabs_link_to_groups_with_counts(cast):
    case_in(cast.practice, "draft", technician=cast.technician.user)
    case_in(cast.practice, "completed", technician=cast.technician.user)
    response = cast.owner.client.get(ORDERS, {"group": "closed"})

    assert {tab["label"]: tab["count"] for tab in response.context["list"].tabs} == {
        "All": 3,
        "Action Needed": 1,
        "In Progress": 1,
        "Closed": 1,
    }
    assert [row.status for row in response.context["list"].rows] == ["completed"]


def test_the_address_holds_the_view(cast):
    query = "?group=open&status=submitted&type=aligner&active=30&sort=patient"
    response = cast.owner.client.get(ORDERS + query)

    assert response.context["list"].asked.address() == query
    assert [row.number for row in response.context["list"].rows] == [cast.case.number]


@pytest.mark.parametrize(
    "query", ["?sort=secret", "?group=evaluate", "?page=-1&after=x", "?practice=x&provider=99", "?active=1&status=gone"]
)
def test_what_an_address_cannot_mean_is_left_out(cast, query):
    assert cast.case.number in page(cast.owner.client, query)


def test_pages_lead_on_and_back_with_words(cast):
    for number in range(52):
        make_case(cast.practice, first_name=f"P{number:02}")
    first = cast.owner.client.get(ORDERS).context["list"]
    assert (first.pager["place"], first.pager["first"], first.range_words) == ("1 of about 2", "", "1–50 of 53 cases")

    second = cast.owner.client.get(ORDERS + first.pager["next"]).context["list"]
    assert (second.pager["place"], second.pager["next"], second.range_words) == ("2 of about 2", "", "51–53 of 53 cases")

    back = cast.owner.client.get(ORDERS + second.pager["previous"]).context["list"]
    assert [row.number for row in back.rows] == [row.number for row in first.rows]
    last = cast.owner.client.get(ORDERS + first.pager["last"]).context["list"]
    assert last.rows[-1].number == second.rows[-1].number


def test_every_status_renders_in_both_orders(cast):
    for path in PATHS:
        case_in(cast.practice, path, technician=cast.technician.user)
    for query in ("", "?sort=status", "?sort=-type", "?sort=practice", "?turn=provider&cstatus=evaluating&unread=1"):
        page(cast.owner.client, query)


def test_what_the_page_shows_stands_in_the_access_log(cast):
    page(cast.owner.client)

    access = Access.objects.get()
    assert (access.view, access.case_ids, access.person_id) == ("manage_orders", [cast.case.pk], cast.owner.user.pk)


# --- export ---------------------------------------------------------------------------------------------------------


def rows_of(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_export_holds_the_view_with_the_columns_shown(cast):
    make_case(cast.practice, first_name="Łukasz", last_name="Wiśniewski")
    head, *rows = rows_of(cast.owner.client.get(EXPORT + "?group=progress"))

    assert head[:5] == ["Case", "Patient", "Practice", "Case type", "Status"]
    assert [row[:2] for row in rows] == [[cast.case.number, "Zofia Dąbrowska"]]
    assert dict(zip(head, rows[0], strict=True))["Collaborators"] == "2"


def test_a_cell_that_a_spreadsheet_would_run_is_defused(cast):
    make_case(cast.practice, first_name='=HYPERLINK("http://evil")', last_name="@x")
    rows = rows_of(cast.owner.client.get(EXPORT))

    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)


def test_the_export_logs_what_it_sends(cast):
    rows_of(cast.owner.client.get(EXPORT))

    assert Access.objects.get().case_ids == [cast.case.pk]


# --- share selected -------------------------------------------------------------------------------------------------


def test_selected_cases_are_shared_and_can_be_undone(cast):
    cases = [make_case(cast.practice, first_name=f"P{n}") for n in range(3)]
    bare = cast.with_no_grant.collaboration
    data = {"case": [case.number for case in cases[:2]], "collaboration": bare.pk, "next": ORDERS + "?group=action"}

    response = cast.owner.client.post(SHARE, data, follow=True)

    assert response.redirect_chain[0][0] == ORDERS + "?group=action"
    assert "2 cases shared with Jonas Weiß." in response.content.decode()
    assert Share.objects.filter(collaboration=bare, ended_at=None, case__in=cases).count() == 2
    undo = next(message.extra_tags for message in response.context["messages"])
    cast.owner.client.post(undo, {"next": ORDERS})
    assert not Share.objects.filter(collaboration=bare, ended_at=None, case__in=cases).exists()


def test_sharing_never_takes_a_foreign_case_or_collaborator(cast):
    foreign = make_case(cast.other_provider.user.provider.practices.get())
    bare = cast.with_no_grant.collaboration
    cast.owner.client.post(SHARE, {"case": [foreign.number], "collaboration": bare.pk})
    assert not Share.objects.filter(case=foreign).exists()

    theirs = CollaborationFactory(provider=cast.other_provider.user.provider)
    assert cast.owner.client.post(SHARE, {"case": [cast.case.number], "collaboration": theirs.pk}).status_code == 404
    assert cast.owner.client.post(SHARE, {"case": [cast.case.number], "collaboration": "x"}).status_code == 404


def test_sharing_with_somebody_who_sees_every_case_changes_nothing(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(every_case=True)
    before = Share.objects.count()
    response = cast.owner.client.post(
        SHARE, {"case": [cast.case.number], "collaboration": cast.with_no_grant.collaboration.pk}, follow=True
    )

    assert "sees every case already" in response.content.decode()
    assert Share.objects.count() == before


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/collaborator/cases/", ""])
def test_after_sharing_the_way_leads_back_into_the_workspace_alone(cast, target):
    data = {"case": [cast.case.number], "collaboration": cast.with_no_grant.collaboration.pk, "next": target}

    assert cast.owner.client.post(SHARE, data).url == ORDERS


def test_a_case_without_a_named_patient_is_listed(cast):
    Case.objects.filter(pk=cast.case.pk).update(patient=None, patient_norm="")

    assert cast.case.number in page(cast.owner.client)


def test_an_address_is_written_the_same_as_it_is_read():
    asked = Asked(
        group="open", status=("draft", "submitted"), practice=(3, 7), unread=True, active=30, sort="-patient", after="0-7", page=3
    )

    assert Asked.of(QueryDict(asked.address().removeprefix("?"))) == asked


def test_a_share_that_only_takes_away_is_no_share(cast):
    other = make_case(cast.practice, first_name="Other")
    share(other, cast.with_no_grant.collaboration, gives=False)

    assert f"Add a collaborator to {other.number}" in page(cast.owner.client)

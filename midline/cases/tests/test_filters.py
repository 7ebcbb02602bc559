"""Filters: what each leaves, the chips above a list, the fields in which one chooses, and days that cannot be read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from midline.cases.models import Case, CaseUnread
from midline.cases.queries import Asked, listed, reach_of
from midline.cases.tests.factories import case_in, make_case
from midline.cases.views.filters import NAMES
from midline.collaboration.tests.factories import CollaborationFactory
from midline.practices.models import Practice

ORDERS = reverse("cases:manage_orders")
FILTERS = reverse("cases:orders_filters")
SHARED = reverse("cases:collaborator_cases")
SHARED_FILTERS = reverse("cases:collaborator_filters")
HTMX = {"HX-Request": "true"}


def shown(cast, query: str) -> list[str]:
    return sorted(row.number for row in cast.owner.client.get(ORDERS + query).context["list"].rows)


def chips(response) -> dict[str, str]:
    return {chip.name: chip.value for chip in response.context["list"].filters if chip.value}


# --- what they leave ------------------------------------------------------------------------------------------------


def test_categories_are_a_filter_beside_the_tabs(cast):
    draft = case_in(cast.practice, "draft", technician=cast.technician.user)
    done = case_in(cast.practice, "completed", technician=cast.technician.user)

    assert shown(cast, "?category=action&category=closed") == sorted([str(draft.number), str(done.number)])
    assert shown(cast, "?category=closed&group=progress") == []


def test_days_are_those_of_the_reader_from_the_first_moment_to_the_last(cast):
    Practice.objects.filter(pk=cast.practice.pk).update(time_zone="Pacific/Auckland")
    # 23:30 on 9 March in Auckland (UTC+13) is 10:30 UTC on that day; half an hour later it is 10 March there.
    late = datetime(2026, 3, 9, 10, 30, tzinfo=UTC)
    Case.objects.filter(pk=cast.case.pk).update(last_activity_at=late, submitted_at=late + timedelta(minutes=30))

    assert shown(cast, "?active_from=2026-03-09&active_to=2026-03-09") == [cast.case.number]
    assert shown(cast, "?active_from=2026-03-10") == []
    assert shown(cast, "?active_to=2026-03-08") == []
    assert shown(cast, "?submitted_from=2026-03-10&submitted_to=2026-03-10") == [cast.case.number]
    assert shown(cast, "?submitted_to=2026-03-09") == []


def test_a_draft_was_never_submitted(cast):
    draft = case_in(cast.practice, "draft", technician=cast.technician.user)

    assert draft.number not in shown(cast, "?submitted_from=1990-01-01")


def test_unread_gathers_from_the_few_rows_of_the_reader(cast):
    other = make_case(cast.practice)
    CaseUnread.objects.create(person=cast.owner.user, case=cast.case, count=2)
    CaseUnread.objects.create(person=cast.with_no_grant.user, case=other, count=1)

    assert shown(cast, "?unread=1") == [cast.case.number]
    assert '"cases_case"."id" IN (SELECT' in str(listed(Asked(unread=True), reach_of(cast.owner.actor)).query)


def test_a_collaborators_filters_reach_nothing_that_is_not_shared(cast):
    hidden = make_case(cast.practice)
    CaseUnread.objects.create(person=cast.with_no_grant.user, case=hidden, count=1)
    response = cast.with_no_grant.client.get(SHARED, {"unread": "1", "category": ["action", "progress", "closed"]})

    assert response.context["list"].rows == []
    theirs = cast.with_no_grant.client.get(SHARED, {"collaborator": cast.with_every_grant.collaboration.pk})
    assert chips(theirs) == {}


# --- chips ----------------------------------------------------------------------------------------------------------


def test_a_chip_says_what_it_narrows_to_and_goes_alone(cast):
    query = f"?status=submitted&practice={cast.practice.pk}&type=aligner&type=retainer&active=30&submitted_from=2026-01-01&unread=1"
    response = cast.owner.client.get(ORDERS + query)

    assert chips(response) == {
        "status": "Submitted",
        "practice": cast.practice.name,
        "type": "any of 2",
        "activity": "in the last 30 days",
        "submitted": "from 1 Jan 2026",
        "unread": "unread",
    }
    without = {chip.name: chip.without for chip in response.context["list"].filters if chip.value}
    assert "type=" not in without["type"]
    assert "status=submitted" in without["type"]
    assert "unread" not in without["unread"]
    assert "active" not in without["activity"]


def test_a_chip_never_names_what_is_not_the_readers(cast):
    foreign = cast.other_provider.user.provider.practices.get()
    theirs = CollaborationFactory(provider=cast.other_provider.user.provider, first_name="Secret", last_name="Name")
    response = cast.owner.client.get(ORDERS, {"practice": foreign.pk, "collaborator": theirs.pk})

    assert chips(response) == {"practice": "another", "collaborator": "another"}
    assert foreign.name not in response.content.decode()
    assert "Secret" not in response.content.decode()


def test_the_page_carries_no_option_of_a_filter(cast):
    Practice.objects.create(provider=cast.practice.provider, name="Second Practice", position=1)

    assert "Second Practice" not in cast.owner.client.get(ORDERS).content.decode()
    assert "Second Practice" in cast.owner.client.get(FILTERS, {"only": "practice"}, headers=HTMX).content.decode()


# --- the fields -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_filter_opens_with_what_is_chosen_and_keeps_the_rest_of_the_view(cast, name):
    answer = cast.owner.client.get(FILTERS + f"?group=open&sort=patient&status=draft&type=retainer&only={name}", headers=HTMX)
    html = answer.content.decode()

    assert "<html" not in html
    assert '<input type="hidden" name="group" value="open">' in html
    assert '<input type="hidden" name="sort" value="patient">' in html
    assert ('<input type="hidden" name="status" value="draft">' in html) is (name != "status")
    assert ('value="draft" checked' in html) is (name == "status")


def test_all_filters_stand_in_one_form_and_without_scripts_on_a_page(cast):
    page = cast.owner.client.get(FILTERS + "?status=draft").content.decode()

    assert "<html" in page
    assert all(f'id="filter-{name}"' in page for name in NAMES)


def test_what_was_chosen_leads_to_the_list(cast):
    data = {
        "group": "open",
        "sort": "patient",
        "status": ["draft", "submitted"],
        "active_from": "2026-03-01",
        "active": "30",
        "after": "0-7",
    }

    plain = cast.owner.client.post(FILTERS, data)
    smooth = cast.owner.client.post(FILTERS, data, headers=HTMX)

    target = ORDERS + "?group=open&status=draft&status=submitted&active_from=2026-03-01&sort=patient"
    assert (plain.status_code, plain.url) == (302, target)
    assert smooth.headers["HX-Redirect"] == target


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"active_from": "31.02.2026"}, "Last activity, from: “31.02.2026” is not a day."),
        ({"active_to": "<script>"}, "Last activity, through: “&lt;script&gt;” is not a day."),
        ({"submitted_from": "0007-01-01"}, "Submitted, from: “0007-01-01” is too far away."),
        ({"submitted_from": "2026-03-02", "submitted_to": "2026-03-01"}, "“2026-03-01” is before 2026-03-02."),
    ],
)
def test_a_wrong_day_is_named_with_its_field_and_a_remedy_and_nothing_is_lost(cast, data, said):
    answer = cast.owner.client.post(FILTERS, {"status": "draft", "group": "open", **data}, headers=HTMX)
    html = answer.content.decode()

    assert answer.status_code == 422
    assert said in html
    assert 'value="draft" checked' in html
    assert all(str(value).replace("<script>", "&lt;script&gt;") in html for value in data.values())


def test_a_wrong_day_in_an_address_is_said_above_the_list(cast):
    html = cast.owner.client.get(ORDERS + "?active_from=2026-02-31&status=submitted").content.decode()

    assert "Last activity, from: “2026-02-31” is not a day." in html
    assert cast.case.number in html


@pytest.mark.parametrize("who", ["with_no_grant", "technician", "stranger"])
def test_nobody_but_a_provider_opens_the_filters_of_the_orders(cast, who):
    assert cast.client_of(who).get(FILTERS).status_code == 404
    assert cast.client_of(who).post(FILTERS).status_code == 404


def test_options_are_the_readers_alone(cast):
    page = cast.with_no_grant.client.get(SHARED_FILTERS).content.decode()

    assert cast.practice.name in page
    assert cast.other_provider.user.provider.practices.get().name not in page
    assert "Raghunathan" not in page, "who else collaborates is no filter of a collaborator"

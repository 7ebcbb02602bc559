"""The Dashboard as its readers see it: cards that lead to exactly their cases, what waits, what is new, and who sees none of it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from midline.activity.models import Access, Event
from midline.cases.models import Case, CaseType, Order, RecordNeed
from midline.cases.services import Ask, records_ask
from midline.cases.tests.factories import case_in, lab_actor, make_case, move, share
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.people.models import User
from midline.practices.models import Practice
from midline.practices.tests.factories import PracticeFactory

NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
PLACE = "/provider/dashboard/"


def page(person, query: str = "", moment: datetime = NOW) -> str:
    with clock.at(moment):
        response = person.client.get(PLACE + query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def text_of(html: str) -> str:
    """What is read: no tags, single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def begun(cast, days_ago: float, path: str, practice: Practice | None = None, name: str = "Zofia Dąbrowska") -> Case:
    """A case that came to stand where `path` leads so many days ago."""
    with clock.at(NOW - timedelta(days=days_ago)):
        return case_in(practice or cast.practice, path, technician=cast.technician.user, name=name)


def asked_for(cast, days_ago: float, *kinds: str) -> Case:
    """A case whose records the lab asked for so many days ago."""
    case = begun(cast, days_ago, "submitted")
    slots = ("lower_scan", "upper_scan")
    with clock.at(NOW - timedelta(days=days_ago)):
        asks = [Ask(slot, RecordNeed.Kind(kind), "Blurred") for slot, kind in zip(slots, kinds, strict=False)]
        records_ask(order=Order.objects.get(case=case), by=lab_actor(cast.technician.user), asks=asks)
    return case


@pytest.fixture
def waiting(cast):
    """What waits, since when; and what does not."""
    move(cast.case, "cancel", technician=cast.technician.user)
    found = {
        "draft": begun(cast, 16, "draft", name="Emre Yıldırım"),
        "unusable": asked_for(cast, 9, "unusable", "missing"),
        "awaiting": begun(cast, 8, "awaiting_approval"),
        "missing": asked_for(cast, 6, "missing"),
        "ready": begun(cast, 5, "awaiting_approval"),
        "evaluated": begun(cast, 4.5, "awaiting_approval"),
        "submitted": begun(cast, 40, "submitted"),
    }
    for name in ("ready", "evaluated"):
        share(found[name], cast.with_no_grant.collaboration)
    cast.with_no_grant.collaboration.ready_marks.create(case=found["ready"], version=1)
    return found


def cards(html: str) -> list[tuple[str, str]]:
    """(address, words) of each card."""
    found = re.findall(r'<a href="([^"]+)" class="ml-card ml-kpi.*?</a>', html, re.DOTALL)
    words = [text_of(card) for card in re.findall(r'<a href="[^"]+" class="ml-card ml-kpi.*?</a>', html, re.DOTALL)]
    return list(zip(found, words, strict=True))


def test_cards_say_how_many_wait_and_for_how_long(cast, waiting):
    assert [words for _url, words in cards(page(cast.owner))] == [
        "Awaiting approval 3 setups For 8 days; 1 is Ready for Approval",
        "Records missing 1 case For 6 days",
        "Records unusable 1 case For 9 days",
        "Drafts 1 order For 16 days",
    ]


def test_every_number_leads_to_exactly_its_cases(cast, waiting):
    html = page(cast.owner)
    links = [(url, int(re.findall(r"\d+", words)[0])) for url, words in cards(html)]
    panel = re.findall(r'<a href="(/provider/orders/[^"]*)" class="flex[^>]*>(.*?)</a>', html, re.DOTALL)
    links += [(url, int(text_of(inner).split()[-1])) for url, inner in panel]

    assert len(links) == 4 + 2 + 7 + 2
    for url, count in links:
        rows = re.findall(r"data-open", cast.owner.client.get(url).content.decode())
        assert len(rows) == count, url
    assert re.search(r'href="/provider/orders/\?group=action"[^>]*>All 6 in Manage Orders', html)


def test_a_case_with_missing_and_unusable_records_is_counted_once(cast, waiting):
    found = {
        kind: re.findall(r'data-open href="/provider/cases/(\d+)/', cast.owner.client.get(url).content.decode())
        for kind, url in (("missing", "/provider/orders/?records=missing"), ("unusable", "/provider/orders/?records=unusable"))
    }

    assert found == {kind: [waiting[kind].number] for kind in found}


def test_what_waits_longest_stands_first_with_whose_turn_it_is(cast, waiting):
    html = page(cast.owner)
    rows = re.findall(r"<tr>\s*<td.*?</tr>", html[html.index("waits-longest") :], re.DOTALL)[:5]
    numbers = [re.findall(r"/provider/cases/(\d+)/", row)[0] for row in rows]

    assert numbers == [waiting[name].number for name in ("draft", "unusable", "awaiting", "missing", "ready")]
    assert [re.findall(r">(\d+ days)<", row)[0] for row in rows] == ["16 days", "9 days", "8 days", "6 days", "5 days"]
    assert all("Your turn" in row for row in rows)
    assert "Emre Yıldırım" in rows[0]


def test_a_setup_that_collaborators_evaluate_is_their_turn(cast):
    case = begun(cast, 5, "awaiting_approval")
    share(case, cast.with_no_grant.collaboration)
    html = page(cast.owner)

    assert "Collaborator</span>" in html
    assert "Your turn" not in html


def test_one_practice_shows_its_cases_alone(cast, waiting):
    other = PracticeFactory(provider=cast.practice.provider, name="Fjordgata", position=1)
    begun(cast, 3, "awaiting_approval", other)
    begun(cast, 3, "completed", other)
    found = cards(page(cast.owner, f"?practice={other.pk}"))

    assert [words for _url, words in found] == [
        "Awaiting approval 1 setup For 3 days",
        "Records missing 0 cases Nothing waits",
        "Records unusable 0 cases Nothing waits",
        "Drafts 0 orders Nothing waits",
    ]
    assert all(f"practice={other.pk}" in url for url, _words in found)
    assert "Closed 1 Cancelled 0 Completed 1" in text_of(page(cast.owner, f"?practice={other.pk}"))


@pytest.mark.parametrize("query", ["?practice=99999&period=week", "?practice=x", "?period=", "?practice=&period=quarter"])
def test_what_an_address_cannot_mean_is_left_out(cast, waiting, query):
    assert cards(page(cast.owner, query)) == cards(page(cast.owner))


def test_a_practice_of_another_provider_is_none_of_mine(cast, waiting):
    other = Practice.objects.get(provider=cast.other_provider.user.provider)
    html = page(cast.owner, f"?practice={other.pk}")

    assert other.name not in html
    assert cards(html) == cards(page(cast.owner))


# --- since the last visit -------------------------------------------------------------------------------------------


def news(html: str) -> list[str]:
    return [text_of(item) for item in re.findall(r'<li class="relative flex gap-3.*?</li>', html, re.DOTALL)]


def test_what_others_did_since_the_last_visit_is_told(cast):
    page(cast.owner, moment=NOW - timedelta(days=2))
    with clock.at(NOW - timedelta(hours=3)):
        move(cast.case, "take", "publish", technician=cast.technician.user)
        make_case(cast.practice)
    html = page(cast.owner)

    assert news(html) == [
        f"Ingrid Solheim published version 1 {cast.case.number} · 3 h",
        f"Ingrid Solheim took the order {cast.case.number} · 3 h",
    ]
    assert "Friday, 17:30" in html


def test_looking_again_within_the_sitting_tells_it_again_and_the_next_visit_does_not(cast):
    page(cast.owner, moment=NOW - timedelta(days=2))
    with clock.at(NOW - timedelta(hours=3)):
        move(cast.case, "take", technician=cast.technician.user)

    assert len(news(page(cast.owner))) == 1
    assert len(news(page(cast.owner, moment=NOW + timedelta(minutes=20)))) == 1
    assert news(page(cast.owner, moment=NOW + timedelta(hours=4))) == []


def test_a_first_visit_looks_back_on_seven_days(cast):
    Event.objects.update(at=NOW - timedelta(days=8))
    with clock.at(NOW - timedelta(days=6)):
        move(cast.case, "take", technician=cast.technician.user)
    html = page(cast.owner)

    assert "The last seven days" in html
    assert "Your first visit" in html
    assert len(news(html)) == 1


def test_what_happened_on_cases_of_others_is_nobody_elses_news(cast):
    other = Practice.objects.get(provider=cast.other_provider.user.provider)
    begun(cast, 1, "awaiting_approval", other)

    assert news(page(cast.owner)) == []
    assert len(news(page(cast.other_provider))) == 2


def test_what_collaborators_answered_is_told_and_what_the_owner_did_is_not(cast):
    Event.objects.all().delete()
    gone = cast.with_every_grant.collaboration
    about = {"at": NOW - timedelta(hours=1), "provider_id": cast.practice.provider_id, "subject_kind": "collaboration"}
    Event.objects.create(kind="collaboration.accepted", person=gone.person, data={"name": gone.name}, **about)
    Event.objects.create(kind="collaboration.ended", person=gone.person, data={"name": gone.name, "how": "left"}, **about)
    Event.objects.create(kind="collaboration.ended", data={"name": gone.name, "how": "expired"}, **about)
    Event.objects.create(kind="collaboration.ended", person=cast.owner.user, data={"name": gone.name, "how": "revoked"}, **about)
    Event.objects.create(kind="collaboration.consented", person=gone.person, data={}, **about)

    assert [line.removeprefix(gone.name + " ") for line in news(page(cast.owner))] == [
        "reached the end date: your cases are no longer shared with them 1 h",
        "left: your cases are no longer shared with them 1 h",
        "accepted your invitation 1 h",
    ]


def test_five_lines_stand_open_and_the_others_unfold(cast):
    for n in range(14):
        about = {"kind": "conversation.commented", "reader": "read_conversation", "at": NOW - timedelta(minutes=n + 1)}
        Event.objects.create(provider_id=cast.practice.provider_id, case_id=cast.case.pk, person=cast.with_no_grant.user, **about)
    Event.objects.exclude(kind="conversation.commented").delete()
    html = page(cast.owner)

    assert len(news(html[: html.index("9 more")])) == 5
    assert len(news(html)) == 14


def test_a_discarded_case_leaves_no_line(cast):
    Event.objects.all().delete()
    Event.objects.create(
        kind="order.begun", reader="view", at=NOW - timedelta(hours=1), provider_id=cast.practice.provider_id, case_id=987_654,
        person=cast.with_every_grant.user,
    )  # fmt: skip

    assert news(page(cast.owner)) == []


# --- the page -------------------------------------------------------------------------------------------------------


def test_a_new_provider_reads_where_to_begin(cast):
    new = PracticeFactory().provider
    cast.owner.client.force_login(new.person)
    html = page(cast.owner)

    assert "No case yet" in html
    assert "Practice insights" not in html


def test_names_stand_as_they_were_written_and_never_as_markup(cast):
    hostile = '<script>alert("1")</script>'
    begun(cast, 3, "draft", name=f"{hostile} =1+1")
    Practice.objects.filter(pk=cast.practice.pk).update(name=hostile)
    PracticeFactory(provider=cast.practice.provider, name="{{ 7 }}")
    User.objects.filter(pk=cast.technician.user.pk).update(first_name=hostile)
    with clock.at(NOW):
        move(cast.case, "take", technician=cast.technician.user)
        html = cast.owner.client.get(PLACE).content.decode()

    assert hostile not in html
    assert html.count("&lt;script&gt;") >= 3


def test_the_patients_shown_stand_in_the_access_log(cast, waiting):
    Access.objects.all().delete()
    page(cast.owner)
    row = Access.objects.get(view="dashboard")

    assert {waiting[name].pk for name in ("draft", "unusable", "awaiting", "missing", "ready")} <= set(row.case_ids)
    assert (row.person, row.workspace) == (cast.owner.user, "provider")


def test_for_a_collaborator_the_list_is_the_dashboard(cast):
    response = cast.with_no_grant.client.get("/collaborator/dashboard/?group=evaluate")

    assert (response.status_code, response["Location"]) == (302, "/collaborator/cases/?group=evaluate")
    assert 'aria-current="page" data-go="d">Dashboard' in cast.with_no_grant.client.get("/collaborator/cases/").content.decode()


@pytest.mark.parametrize("who", ["with_every_grant", "technician", "stranger"])
def test_nobody_but_a_provider_has_this_page(cast, who):
    assert getattr(cast, who).client.get(PLACE).status_code == 404
    assert cast.technician.client.get("/lab/dashboard/").status_code == 404


@pytest.mark.parametrize("period", ["month", "quarter", "year", "all"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_period_stands_in_both_languages(cast, waiting, period, language):
    User.objects.filter(pk=cast.owner.user.pk).update(language=language)
    html = page(cast.owner, f"?period={period}")

    assert html.count("<details") >= 1
    assert ("Practice insights" in html) == (language == "en")


def queries_of(cast) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(cast.owner, "?period=all")
    return len(captured)


def test_the_page_costs_the_same_number_of_queries_whatever_it_holds(cast, waiting):
    CollaborationFactory(provider=cast.practice.provider, every_case=True)
    page(cast.owner)
    few = queries_of(cast)
    for n in range(24):
        begun(cast, n, ("awaiting_approval", "draft", "completed", "submitted")[n % 4])
    for _n in range(5):
        CollaborationFactory(provider=cast.practice.provider, every_case=True)
    make_case(cast.practice, kind=CaseType.RETAINER)

    assert queries_of(cast) == few

"""Query budgets of the list pages: the same few queries for 2 rows and for 60. The numbers stand in query_budgets.json."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.activity.models import Access
from midline.cases import services
from midline.cases.models import Case, CaseUnread
from midline.cases.queries import totals
from midline.cases.tests.factories import case_in, make_case, share
from midline.cases.tests.test_collaborator_cases import crowd
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.people.models import User
from midline.practices.models import Practice
from midline.practices.tests.factories import PracticeFactory

BUDGETS: dict[str, int] = json.loads((Path(__file__).parent / "query_budgets.json").read_text())
PAGES = {
    "manage_orders": ("owner", "cases:manage_orders", ""),
    "manage_orders_by_patient": ("owner", "cases:manage_orders", "?sort=patient"),
    "manage_orders_by_status": ("owner", "cases:manage_orders", "?sort=status"),
    "manage_orders_next_page": ("owner", "cases:manage_orders", "?sort=patient&page=2&after=0-{middle}"),
    "manage_collaborators": ("owner", "cases:manage_collaborators", ""),
    "collaborator_cases": ("with_no_grant", "cases:collaborator_cases", ""),
    "collaborator_cases_to_evaluate": ("with_no_grant", "cases:collaborator_cases", "?group=evaluate"),
    "collaborator_cases_by_patient": ("with_no_grant", "cases:collaborator_cases", "?sort=patient"),
    "case_collaborators": ("owner", "cases:case_collaborators", ""),
    "dashboard": ("owner", "web:dashboard", ""),
}


def grow(cast, rows: int) -> None:
    """`rows` cases in the three groups, shared, with unread comments, some of a provider who hides identity; and people to share with."""
    hiding = PracticeFactory()
    CollaborationFactory(provider=hiding.provider, person=cast.with_no_grant.user, every_case=True, hides_identity=True)
    for number in range(rows):
        practice = hiding if number % 10 == 9 else cast.practice
        path = ("awaiting_approval", "submitted", "completed")[number % 3] if number < 6 else None
        case = case_in(practice, path, technician=cast.technician.user) if path else make_case(practice, first_name=f"P{number:02}")
        if practice is cast.practice:
            share(case, cast.with_no_grant.collaboration)
        CaseUnread.objects.create(person=cast.owner.user, case=case, count=1)
    for number in range(rows // 10):
        CollaborationFactory(provider=cast.practice.provider, every_case=bool(number % 2))


def queries_of(cast, page: str) -> int:
    who, name, query = PAGES[page]
    middle = Case.objects.filter(provider=cast.practice.provider).order_by("patient_norm", "id")[1].pk
    args = {"cases:case_collaborators": [cast.case.number], "web:dashboard": ["provider"]}.get(name, [])
    with CaptureQueriesContext(connection) as captured:
        response = cast.client_of(who).get(reverse(name, args=args) + query.format(middle=middle))
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("rows", [2, 60])
def test_list_pages_keep_their_budget(cast, rows):
    grow(cast, rows)
    found = {page: queries_of(cast, page) for page in PAGES}

    assert {page: n for page, n in found.items() if n > BUDGETS[page]} == {}, found


def test_an_export_costs_a_constant_number_of_queries_a_stretch(cast):
    grow(cast, 12)
    with CaptureQueriesContext(connection) as few:
        b"".join(cast.owner.client.get(reverse("cases:export_orders")).streaming_content)
    grow(cast, 24)
    with CaptureQueriesContext(connection) as many:
        b"".join(cast.owner.client.get(reverse("cases:export_orders")).streaming_content)

    assert len(many) == len(few)


def test_a_change_of_status_takes_at_most_four_statements_for_the_counters(cast):
    with CaptureQueriesContext(connection) as captured:
        services.order_move(order=cast.case.current_order, event="take", by=cast.technician.actor)

    counting = [q["sql"] for q in captured if "providercount" in q["sql"] or "collaborationcount" in q["sql"]]
    assert len(counting) <= 4


# What a collaborator asks for while working through the cases of everybody who shares with them.
OF_A_COLLABORATOR = (
    "/collaborator/cases/",
    "/collaborator/cases/?group=evaluate",
    "/collaborator/cases/?group=closed",
    *(f"/collaborator/cases/?sort={name}" for name in ("number", "-patient", "provider", "practice", "status", "type")),
    *(f"/collaborator/cases/?{name}" for name in ("cstatus=evaluating", "turn=collaborator", "unread=1", "active=30")),
    "/collaborator/cases/export.csv",
    "/collaborator/choose/provider/",
    "/collaborator/choose/practice/",
    "/collaborator/updates?after=0",
    "/account/email-notifications/",
    "/account/bell/count/",
)


def asked_by(client, address: str) -> int:
    """Queries of one request; of an export those up to its first stretch of rows."""
    rest: Iterator[bytes] = iter(())
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
        if response.streaming:
            rest = iter(response)
            assert len([next(rest), next(rest)]) == 2
    # To its end: closing a streamed answer would take PostgreSQL's connection of the test along.
    assert b"".join(rest) is not None
    assert response.status_code in {200, 204}, address
    return len(captured)


@pytest.mark.slow
def test_a_collaborator_of_2000_providers_asks_as_often_as_one_of_two(cast, monkeypatch):
    """The list in every order, its tabs and filters, the export, both drop-downs, live updates and what the header counts.

    In both worlds more than a page of cases and of practices, some of them to evaluate: the number of providers alone differs.
    """
    # How many cases there are at all is asked every few minutes, which can pass in here.
    monkeypatch.setattr(totals, "TOTALS_FOR", math.inf)
    totals.all_cases_by_status()
    reader = cast.with_no_grant
    Collaboration.objects.filter(pk=reader.collaboration.pk).update(every_case=True)
    Practice.objects.bulk_create(Practice(provider=cast.practice.provider, name=f"Branch {n:02}") for n in range(60))
    plenty(cast.practice, 60)
    one = case_in(crowd(1, reader.user)[0], "awaiting_approval", technician=cast.technician.user)
    CaseUnread.objects.create(person=reader.user, case=one, count=1)
    few = {address: asked_by(reader.client, address) for address in OF_A_COLLABORATOR}

    crowd(1_998, reader.user, begin=1)
    newest = list(Case.objects.order_by("-id").values_list("pk", flat=True)[:20])
    Case.objects.filter(pk__in=newest).update(status="awaiting_approval", awaiting_version=1)

    assert Collaboration.objects.live().filter(person=reader.user).count() == 2_000
    many = {address: asked_by(reader.client, address) for address in OF_A_COLLABORATOR}
    # An export reads on by the stretch, as many as there are cases.
    exports = {address for address in few if "export" in address}
    assert {address: many[address] - few[address] <= Case.objects.count() // 64 for address in exports} == dict.fromkeys(exports, True)
    assert {address: n for address, n in many.items() if address not in exports} == {
        address: n for address, n in few.items() if address not in exports
    }


def plenty(practice: Practice, n: int) -> None:
    """n cases of one practice in each of three statuses and two types: more than a page whatever the order."""
    person = practice.provider.person
    ways = [("awaiting_approval", "aligner"), ("submitted", "aligner"), ("draft", "revision")]
    Case.objects.bulk_create(
        Case(number=Case.number_for(1_000_000 + i), provider=practice.provider, practice=practice, created_by=person,
             status=status, case_type=kind, awaiting_version=1 if status == "awaiting_approval" else None)
        for i, (status, kind) in enumerate(ways[i % 3] for i in range(3 * n))
    )  # fmt: skip
    services.provider_recount(practice.provider_id)


OF_A_PROVIDER = (
    "/provider/cases/{number}/collaborators/", "/provider/collaborators/", "/provider/orders/", "/account/collaborators/",
    "/provider/cases/{number}/",
)  # fmt: skip


def colleagues(cast, n: int) -> None:
    """n active collaborators of the owner who see every case and have looked at one."""
    provider = cast.practice.provider
    start = User.objects.count()
    people = User.objects.bulk_create(User(email=f"c{start + i}@many.example", first_name=f"Name{i:03}") for i in range(n))
    Collaboration.objects.bulk_create(
        Collaboration(provider=provider, person=one, email=one.email, first_name=one.first_name, state="active", every_case=True,
                      accepted_at=clock.now())
        for one in people
    )  # fmt: skip
    looks = [Access(at=clock.now(), person=one, workspace="collaborator", view="case", case_ids=[cast.case.pk]) for one in people]
    Access.objects.bulk_create(looks)


def test_a_provider_of_200_collaborators_asks_as_often_as_one_of_two(cast):
    """The popover, Manage Collaborators, Manage Orders, My Account and the case page."""
    places = [place.format(number=cast.case.number) for place in OF_A_PROVIDER]
    Collaboration.objects.filter(provider=cast.practice.provider).update(state="ended", ended="left")
    colleagues(cast, 2)
    few = {place: asked_by(cast.owner.client, place) for place in places}

    colleagues(cast, 198)

    assert {place: asked_by(cast.owner.client, place) for place in places} == few

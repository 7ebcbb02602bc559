"""Query budgets of the list pages: the same few queries for 2 rows and for 60. The numbers stand in query_budgets.json."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.cases import services
from midline.cases.models import Case, CaseUnread
from midline.cases.tests.factories import case_in, make_case, share
from midline.collaboration.tests.factories import CollaborationFactory
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
    args = [cast.case.number] if name == "cases:case_collaborators" else []
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

"""Who saw which case: a request that shows patients' data is one row of the access log, and no other request writes one.

Read along the table of every address, so that a new address is judged here too: with the patient's name in its answer, or as a file,
it writes a row that names the case; without, it writes one only when it stands in SHOWS.
"""

from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from midline.activity.models import Access
from midline.cases.tests.factories import make_case
from midline.cases.tests.test_every_address import HERE, PEOPLE, WORKSPACES, path_of
from midline.core import clock
from midline.notify.tests.factories import PATIENT, name_patient
from midline.web.tests.below_a_case import held_case

NAMED = [name.encode() for name in PATIENT]
# What shows a case, also where no name stands in the answer: to a reader from whom the identity is hidden, or by its content alone.
SHOWS = {
    "web:dashboard", "web:case", "web:case_prescription", "web:case_records", "web:case_setups", "web:case_discussion", "web:case_orders",
    "web:case_history", "conversation:conversation", "conversation:comment", "conversation:file", "setups:review", "setups:compare",
    "setups:overlay", "setups:summary", "setups:approve", "setups:decline", "setups:propose", "setups:carry", "setups:ready",
    "setups:take_back", "setups:push_back", "setups:picture", "setups:original", "setups:model", "setups:import_thumb", "records:file",
    "records:place", "orders:step", "orders:autosave", "orders:field", "orders:submit", "orders:add_retainer", "cases:case_details",
    "cases:manage_orders", "cases:export_orders", "cases:manage_collaborators", "cases:collaborator_cases", "cases:orders_rows",
    "cases:collaborator_rows", "cases:export_collaborator_cases", "lab:queue", "lab:changes", "lab:answer", "lab:import",
    "lab:import_match", "lab:import_teeth", "lab:import_plan", "lab:import_supply", "lab:import_report",
}  # fmt: skip
READERS = ("owner", "with_every_grant", "with_no_grant", "technician")


def answered(there: Any, row: Any, who: str) -> tuple[int, bytes, bool, list[Access]]:
    """(status, body, whether it was a file, the rows that the request wrote)."""
    sent = {name: value() if callable(value) else value for name, value in there.sent.get(f"{row.name} {row.method}", {}).items()}
    with transaction.atomic():
        path = path_of(row, there, WORKSPACES.get(who, "collaborator"))
        response = getattr(there.people[who].client, row.method.lower())(path, **sent)
        body = b"".join(response)
        rows = list(Access.objects.all())
        transaction.set_rollback(True)
    return response.status_code, body, response.streaming, rows


@pytest.mark.slow
@pytest.mark.once
def test_what_shows_a_case_is_one_row_and_what_shows_none_is_no_row(cast, there):
    name_patient(cast.case)
    Access.objects.all().delete()
    wrong = []
    for row in (row for row in HERE if row.people == PEOPLE):
        for who in READERS:
            status, body, is_file, rows = answered(there, row, who)
            shown = status in {200, 409, 422} and (is_file or any(name in body for name in NAMED))
            written = [(one.person_id, one.workspace, bool(one.view), cast.case.pk in one.case_ids) for one in rows]
            one_row = [(there.people[who].user.pk, WORKSPACES.get(who, "collaborator"), True, True)]
            if (shown and written != one_row) or len(rows) > 1 or (rows and (row.name not in SHOWS or status not in {200, 409, 422})):
                wrong.append((row.name, row.given, row.method, who, status, written))

    assert wrong == []


def test_pictures_ranges_and_repeats_of_one_file_within_a_minute_are_one_row(cast):
    held = held_case(cast)
    number, client = cast.case.number, cast.with_every_grant.client
    record = [
        reverse("records:file", args=["collaborator", number, held.ids["record_id"], what]) for what in ("thumb", "shown", "original")
    ]
    model = reverse("setups:model", args=["collaborator", number, 1, "preview"])
    pictures = [reverse("setups:picture", args=["collaborator", number, 1, what]) for what in ("front", "start")]
    seen = Access.objects.filter(person=cast.with_every_grant.user)

    with time_machine.travel(clock.now(), tick=False) as time:
        for path in (*record, model, *pictures):
            for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}):
                b"".join(client.get(path, headers=headers))
        assert seen.count() == 3, "a record, a model, and the pictures of a version"

        time.shift(61)
        b"".join(client.get(model))
        b"".join(cast.owner.client.get(model.replace("/collaborator/", "/provider/")))
        assert seen.count() == 4
        assert Access.objects.filter(person=cast.owner.user, view__startswith="setups:model").count() == 1


def test_a_file_that_is_asked_for_in_vain_is_no_row(cast):
    held = held_case(cast)
    paths = [reverse("records:file", args=["collaborator", cast.case.number, held.ids["record_id"], "thumb"])]
    paths.append(reverse("setups:model", args=["collaborator", cast.case.number, 1, "preview"]))
    for path in paths:
        assert cast.stranger.client.get(path).status_code == 404
        assert cast.technician.client.get(path).status_code == 404

    assert not Access.objects.filter(person__in=[cast.stranger.user, cast.technician.user]).exists()


def test_the_row_stands_before_the_first_line_that_shows_a_case(cast):
    """An export that is broken off has told what it had sent."""
    make_case(cast.practice)
    lines = iter(cast.owner.client.get(reverse("cases:export_orders")))

    head = next(lines)
    assert not Access.objects.exists(), head
    first = next(lines).decode()
    told = Access.objects.get()
    assert cast.case.pk in told.case_ids
    assert first


def test_a_page_of_cases_names_those_it_showed_and_no_others(cast):
    other = make_case(cast.practice)
    for path, person, shown in (
        ("/provider/orders/", cast.owner, {cast.case.pk, other.pk}),
        ("/collaborator/cases/", cast.with_no_grant, {cast.case.pk}),
        ("/provider/orders/?status=draft", cast.owner, {other.pk}),
    ):
        Access.objects.all().delete()
        person.client.get(path, REMOTE_ADDR="192.0.2.7")

        row = Access.objects.get()
        assert (set(row.case_ids), row.person, row.workspace, row.address) == (shown, person.user, person.actor.workspace, "192.0.2.7")

"""The id of somebody else's row answers byte for byte, header for header and after as many queries as one that never was."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.activity.models import Event
from midline.cases.models import Case
from midline.cases.services import cases_share, search_keep
from midline.cases.tests.addresses import ALL
from midline.cases.tests.factories import make_case, move, share
from midline.cases.tests.test_account_collaborators.test_changing import change
from midline.collaboration.tests.factories import CollaborationFactory
from midline.people.tests.test_views.steps import bytes_of
from midline.practices.models import Practice
from midline.records.tests.factories import tus_metadata
from midline.web.tests.below_a_case import held_case

UNKNOWN = 10**12
IDS = ("order_id", "record_id", "comment_id", "file_id", "request_id", "item_id", "import_id")


def answer(client, method: str, path: str, **sent) -> tuple[tuple[str, dict[str, str], int], int]:
    """What one request gets (bytes, headers, the number of its queries), and its status; nothing of it stays."""
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(path, **sent)
        body = b"".join(response).decode() if response.streaming else bytes_of(response)
        transaction.set_rollback(True)
    told = {name: value for name, value in response.items() if name not in {"Content-Length", "Date", "X-Request-ID"}}
    return (body, told, len(captured)), response.status_code


@pytest.mark.parametrize("who", ["with_every_grant", "technician", "other_provider"])
def test_below_a_case_of_ones_own_the_ids_of_another_case_mean_nothing(cast, who):
    held = held_case(cast)
    person = getattr(cast, who)
    practice = Practice.objects.get(provider=cast.other_provider.user.provider) if who == "other_provider" else cast.practice
    own = move(make_case(practice, first_name="Bo", last_name="Li"), "submit", technician=cast.technician.user)
    if who == "with_every_grant":
        share(own, person.collaboration)
    workspace = person.actor.workspace
    foreign = held.paths(workspace, number=own.number, what="thumb")
    unknown = held.paths(workspace, number=own.number, what="thumb", **dict.fromkeys(IDS, UNKNOWN))
    pairs = [(a, b) for a, b in zip(foreign, unknown, strict=True) if a != b]
    assert len({foreign[a] for a, _b in pairs}) >= 25

    told = {}
    for a, b in pairs:
        for method in ("get", "post"):
            (there, status), (nowhere, _status) = answer(person.client, method, a), answer(person.client, method, b)
            if there != nowhere or status not in {403, 404, 405}:
                told[method, foreign[a]] = status
    assert told == {}


@pytest.mark.parametrize("who", ["other_provider", "stranger"])
def test_a_hidden_case_answers_as_no_case_with_everything_below_it(cast, who):
    held = held_case(cast)
    person = getattr(cast, who)
    workspace = person.actor.workspace
    hidden, nothing = held.paths(workspace, what="thumb"), held.paths(workspace, what="thumb", number="0999999")

    for a, b in zip(hidden, nothing, strict=True):
        for method in ("get", "post"):
            found = answer(person.client, method, a)
            assert found == answer(person.client, method, b), (method, a)
            assert found[1] in {404, 405}, (method, a)


def test_uploads_collaborations_and_acts_of_others_answer_as_none(cast):
    held = held_case(cast)
    row = cast.with_no_grant.collaboration
    batch = cases_share(collaboration=row, cases=Case.objects.all(), by=cast.owner.actor)
    change(cast.owner.client, row, download="on")
    event = Event.objects.get(kind="collaboration.changed")
    nobody = "00000000-0000-4000-8000-000000000000"
    pairs = [(path, reverse("records:upload", args=["provider", nobody])) for path in held.uploads]
    pairs = [(path.replace("/collaborator/", "/provider/"), unknown) for path, unknown in pairs]
    pairs.append((reverse("cases:shares_undo", args=[batch.pk]), reverse("cases:shares_undo", args=[nobody])))
    pairs.append((reverse("cases:account_change_undo", args=[event.pk]), reverse("cases:account_change_undo", args=[UNKNOWN])))
    for name in (name for name, address in ALL.items() if "collaboration_id" in address.wants):
        more = {"number": held.ids["number"]} if "number" in ALL[name].wants else {}
        known, none = (reverse(name, kwargs={"collaboration_id": pk} | more) for pk in (row.pk, UNKNOWN))
        pairs.append((known, none))

    for theirs, unknown in pairs:
        for method in ("get", "post"):
            found = answer(cast.other_provider.client, method, theirs)
            assert found == answer(cast.other_provider.client, method, unknown), (method, theirs)
            assert found[1] in {404, 405}, (method, theirs, found[1])


def in_query_and_body(cast, number: str, *, foreign: bool) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """What a collaborator of somebody else, and a provider, can name in a query or a body: an id of the owner's, or one that never was."""
    own = Practice.objects.get(provider=cast.other_provider.user.provider)
    order = cast.case.current_order_id if foreign else UNKNOWN
    case, row = (cast.case.number, cast.with_every_grant.collaboration.pk) if foreign else ("0999999", UNKNOWN)
    provider, practice = (cast.practice.provider_id, cast.practice.pk) if foreign else (UNKNOWN, UNKNOWN)
    term = search_keep(term="Zofia", by=cast.owner.actor)
    query = term.pk if foreign and term else uuid4()
    begun = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": tus_metadata(order=order, slot="profile", filename="a.jpg")}
    lists = {"practice": practice, "with": row, "collaborator": row, "q": query}
    asked: dict[str, tuple[str, str, dict[str, Any]]] = {
        f"list {name}": ("get", "/provider/orders/", {"data": {name: value}}) for name, value in lists.items()
    }
    return asked | {
        "manage with": ("get", "/provider/collaborators/", {"data": {"with": row}}),
        "export": ("get", "/provider/orders/export.csv", {"data": {"practice": practice}}),
        "share a case": ("post", "/provider/orders/share/", {"data": {"case": case, "collaboration": row}}),
        "popover": ("post", f"/provider/cases/{number}/collaborators/", {"data": {"collaboration": row}}),
        "add for": ("get", "/provider/orders/add/", {"data": {"provider": provider}}),
        "begin for": ("post", "/provider/orders/add/", {"data": {"provider": provider, "practice": practice}}),
        "begin in": ("post", "/provider/orders/add/", {"data": {"provider": own.provider_id, "practice": practice}}),
        "retainer of": ("post", "/provider/orders/add-retainer/", {"data": {"provider": own.provider_id, "case": case}}),
        "upload": ("post", "/provider/uploads/", {"headers": begun}),
        "again": ("get", "/account/collaborators/", {"data": {"again": row}}),
        "updates": ("get", f"/provider/cases/{case}/updates", {"data": {"after": 0}}),
    }


def test_ids_of_others_in_a_query_or_a_body_answer_as_none(cast):
    """A page that is shown all the same (a list, the form again) differs in the id alone that was asked for."""
    own = Practice.objects.get(provider=cast.other_provider.user.provider)
    number = str(make_case(own, first_name="Bo", last_name="Li").number)
    CollaborationFactory(provider=own.provider)
    client = cast.other_provider.client
    theirs, none = (in_query_and_body(cast, number, foreign=foreign) for foreign in (True, False))
    told = {}
    for name, (method, path, sent) in theirs.items():
        found, status = answer(client, method, path, **sent)
        nothing, other = answer(client, none[name][0], none[name][1], **none[name][2])
        plain = [(without_ids(body), headers, queries) for body, headers, queries in (found, nothing)]
        if plain[0] != plain[1] or status != other:
            told[name] = (status, other, found[2], nothing[2])
        assert cast.case.number not in found[0], name
    assert told == {}


def without_ids(body: str) -> str:
    """The page without the ids that its reader sent, which its links carry on, and the keys of its forms."""
    plain = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "key", body)
    return re.sub(r"(practice|with|collaborator|provider|collaboration|again|q)(=|%3D|\" value=\")[0-9a-z-]+", r"\1=", plain)

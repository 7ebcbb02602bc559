"""The id of somebody else's row answers byte for byte as one that never was: nobody learns what exists."""

import pytest
from django.db import transaction
from django.urls import reverse

from midline.activity.models import Event
from midline.cases.models import Case
from midline.cases.services import cases_share
from midline.cases.tests.addresses import ALL
from midline.cases.tests.factories import make_case, move, share
from midline.cases.tests.test_account_collaborators import change
from midline.people.tests.test_views import bytes_of
from midline.practices.models import Practice
from midline.web.tests.below_a_case import held_case

UNKNOWN = 10**12
IDS = ("order_id", "record_id", "comment_id", "request_id", "item_id", "import_id")


def answer(client, method: str, path: str) -> tuple[str, int]:
    """What one request gets; nothing of it stays."""
    with transaction.atomic():
        response = getattr(client, method)(path)
        transaction.set_rollback(True)
    return bytes_of(response), response.status_code


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

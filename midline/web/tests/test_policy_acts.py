"""Who may do what in which status: the second truth table, of the acts that the life cycle binds. A clinician should agree with each cell.

Every act is tried by everybody in every status, through the services that the pages call; then the pages must offer what is possible and
nothing else. Letters: O the owner, C a collaborator with every permission, c one with none, P the planner (a technician), T another
technician.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from midline.cases import services
from midline.cases.models import Case, CaseType, Order, ReadyMark, RecordNeed
from midline.cases.policies import actions_on
from midline.cases.queries import standing_of
from midline.cases.tests.factories import make_case, move, share
from midline.cases.tests.policy_table import lines
from midline.conversation import services as conversation
from midline.core.errors import NotAllowedNow
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.records import services as records
from midline.setups import review
from midline.setups.models import SetupVersion
from midline.setups.services import decisions
from midline.setups.tests.factories import make_version
from midline.web import case_page

ACTS: Final = """
# act              | draft | submitted | records | production | awaiting | approved | making | shipped | treatment | held | held late | cancelled | completed

  submit           | OC    |           |         |            |          |          |        |         |           |      |           |           |
  discard          | O     |           |         |            |          |          |        |         |           |      |           |           |
  take             |       | CPT       |         |            |          |          |        |         |           |      |           |           |
  hand over        |       |           |         | P          |          |          |        |         |           |      |           |           |
  ask for records  |       | PT        |         | PT         |          |          |        |         |           |      |           |           |
  publish          |       |           |         | P          |          |          |        |         |           |      |           |           |
  mark ready       |       |           |         |            | Cc       |          |        |         |           |      |           |           |
  push back        |       |           |         |            | O        |          |        |         |           |      |           |           |
  send changes     |       |           |         |            | OC       |          |        |         |           |      |           |           |
  approve          |       |           |         |            | O        |          |        |         |           |      |           |           |
  start making     |       |           |         |            |          | PT       |        |         |           |      |           |           |
  ship             |       |           |         |            |          |          | PT     |         |           |      |           |           |
  receive          |       |           |         |            |          |          |        | O       |           |      |           |           |
  complete         |       |           |         |            |          |          |        |         | O         |      |           |           |
  hold             |       | OPT       | OPT     | OPT        | OPT      | OPT      | OPT    | OPT     | OPT       |      |           |           |
  resume           |       |           |         |            |          |          |        |         |           | OPT  | OPT       |           |
  cancel           | O     | O         | O       | O          | O        | O        | PT     | PT      | PT        | O    | PT        |           |
  add records      | OC    | OC        | OC      | OC         | OC       | OC       | OC     | OC      | OC        | OC   | OC        |           |
  comment          | OCc   | OCc       | OCc     | OCc        | OCc      | OCc      | OCc    | OCc     | OCc       | OCc  | OCc       | OCc       | OCc
  propose changes  |       |           |         |            | OCc      | OCc      | OCc    | OCc     | OCc       |      | OCc       |           | OCc
"""  # noqa: E501

MADE: Final = ("submit", "take", "publish")
PATHS: Final[dict[str, tuple[str, ...]]] = {
    "draft": (),
    "submitted": ("submit",),
    "records": ("submit", "take", "ask_records"),
    "production": ("submit", "take"),
    "awaiting": MADE,
    "approved": (*MADE, "approve"),
    "making": (*MADE, "approve", "start_manufacturing"),
    "shipped": (*MADE, "approve", "start_manufacturing", "ship"),
    "treatment": (*MADE, "approve", "start_manufacturing", "ship", "receive"),
    "held": ("submit", "take", "hold"),
    "held late": (*MADE, "approve", "start_manufacturing", "hold"),
    "cancelled": ("submit", "take", "cancel"),
    "completed": (*MADE, "approve", "start_manufacturing", "ship", "receive", "complete"),
}
EVENTS: Final = {
    "submit": "submit",
    "take": "take",
    "hand over": "hand_over",
    "start making": "start_manufacturing",
    "ship": "ship",
    "receive": "receive",
    "complete": "complete",
    "hold": "hold",
    "resume": "resume",
    "cancel": "cancel",
}


@dataclass
class Stage:
    """A case in one status, with its version where one was published, and what would be tried on it."""

    name: str
    case: Case
    order: Order
    version: SetupVersion | None

    def fresh(self) -> "Stage":
        """The same rows, read again: a try writes into the objects it was given."""
        version = self.version and SetupVersion.objects.select_related("case", "order").get(pk=self.version.pk)
        case = Case.objects.select_related("provider__person", "patient", "practice", "current_order").get(pk=self.case.pk)
        return Stage(self.name, case, Order.objects.select_related("case").get(pk=self.order.pk), version)

    def acts(self) -> dict[str, Callable[[Actor], object]]:
        case, order, version, key = self.case, self.order, self.version, uuid4()
        ask = [services.Ask("profile", RecordNeed.Kind.MISSING, "It was not sent.")]

        def moves(event: str) -> Callable[[Actor], object]:
            return lambda by: services.order_move(order=order, event=event, by=by)

        acts = {name: moves(event) for name, event in EVENTS.items()}
        acts |= {
            "discard": lambda by: services.draft_discard(order=order, by=by),
            "ask for records": lambda by: services.records_ask(order=order, by=by, asks=ask),
            "publish": lambda by: services.order_move(order=order, event="publish", by=by, version=case.newest_version + 1),
            "add records": lambda by: records.upload_begin(order=order, by=by, filename="a.jpg", size=10, slot="profile"),
            "comment": lambda by: conversation.comment_add(case=case, by=by, body="Looks good.", key=key),
            "propose changes": lambda by: conversation.request_propose(
                case=case, version=case.newest_version, by=by, wanted=[], words="More expansion.", key=key
            ),
        }
        if version is None:
            return acts
        seen: dict[str, Any] = {"version": version, "seen_hash": version.content_hash, "key": key}
        sent: dict[str, Any] = {"wanted": [], "words": "Less.", "ticked": frozenset()}
        return acts | {
            "approve": lambda by: decisions.setup_approve(**seen, by=by),
            "send changes": lambda by: decisions.setup_decline(**seen, **sent, by=by),
            "mark ready": lambda by: decisions.setup_mark_ready(**seen, by=by),
            "push back": lambda by: decisions.setup_push_back(**seen, by=by, reason="Tooth 13 first."),
        }


@pytest.fixture
def people(cast) -> dict[str, Actor]:
    return {
        "O": cast.owner.actor,
        "C": cast.with_every_grant.actor,
        "c": cast.with_no_grant.actor,
        "P": cast.technician.actor,
        "T": Actor(UserFactory(is_technician=True), cast.technician.actor.workspace),
    }


def staged(cast, name: str) -> Stage:
    """A case walked to this status by the real life cycle, shared with both collaborators; one of them holds its version ready."""
    case = make_case(cast.practice)
    share(case, cast.with_every_grant.collaboration)
    share(case, cast.with_no_grant.collaboration)
    version = None
    for event in PATHS[name]:
        if event == "publish":
            version = make_version(case, cast.technician.user)
        case = move(case, event, technician=cast.technician.user)
    if name == "awaiting":
        helper = UserFactory()
        other = cast.with_every_grant.collaboration.__class__.objects.create(
            provider=cast.practice.provider, person=helper, email=helper.email, first_name="Ready", state="active", every_case=True
        )
        ReadyMark.objects.create(case=case, collaboration=other, version=1)
    assert case.current_order_id
    version = version and SetupVersion.objects.select_related("case", "order").get(pk=version.pk)
    return Stage(name, Case.objects.get(pk=case.pk), Order.objects.select_related("case").get(pk=case.current_order_id), version)


def succeeds(act: Callable[[Actor], object], by: Actor) -> bool:
    """Tries the act and takes it back."""
    try:
        with transaction.atomic():
            act(by)
            transaction.set_rollback(True)
    except (PermissionDenied, NotAllowedNow):
        return False
    return True


def table() -> dict[str, dict[str, str]]:
    """Letters by act and status."""
    return {cells[0]: dict(zip(PATHS, cells[1:], strict=True)) for cells in lines(ACTS)}


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("status", PATHS)
def test_everybody_may_what_the_table_says_in_this_status_and_the_pages_offer_just_that(cast, people, status):
    stage = staged(cast, status)
    expected = {name: cells[status] for name, cells in table().items()}
    found = dict.fromkeys(expected, "")
    for letter, actor in people.items():
        for name in expected:
            act = stage.fresh().acts().get(name)
            found[name] += letter if act and succeeds(act, actor) else ""

    assert found == expected
    for letter, actor in people.items():
        possible = {name for name, letters in expected.items() if letter in letters}
        for offered, asked in offers(stage.fresh(), actor):
            assert offered & asked == possible & asked, (letter, status)


# What each page decides about; what it offers of that must be what is possible.
OF_THE_CASE_PAGE: Final = {"receive": "receive", "complete": "complete", "resume": "resume", "hold": "hold", "cancel": "cancel"}
OF_THE_LAB: Final = {"take": "take", "hand_over": "hand over", "ask_records": "ask for records", "start": "start making", "ship": "ship"}
OF_THE_REVIEW: Final = {"approve": "approve", "push_back": "push back", "ready": "mark ready"}


def offers(stage: Stage, actor: Actor) -> list[tuple[set[str], set[str]]]:
    """What the pages offer this reader, and of which acts they decide. A draft is discarded, not cancelled: its page leaves that out."""
    case, actions = stage.case, actions_on(actor, stage.case)
    if not actions:
        return []
    page = case_page.page(case, actor, "overview")
    lab = page["lab"] or {}
    decided = set(OF_THE_CASE_PAGE.values()) - ({"cancel"} if stage.name == "draft" else set())
    found = [
        ({OF_THE_CASE_PAGE[event] for event, *_words in page["events"]}, decided),
        ({act for name, act in OF_THE_LAB.items() if lab.get(name)}, set(OF_THE_LAB.values())),
    ]
    if stage.version:
        choice = review.choice(case, stage.version, actor, actions, standing_of(case, actor))
        offered = {act for name, act in OF_THE_REVIEW.items() if getattr(choice, name)} | ({"send changes"} if choice.decline else set())
        found.append((offered, {*OF_THE_REVIEW.values(), "send changes"}))
    return found


def test_the_lab_sees_an_order_from_submitted_on_though_it_knows_the_case(cast):
    services.order_begin(
        case=cast.case, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4(), values={"instructions": "not yet for the lab"}
    )
    seen = {}
    for person in (cast.owner, cast.with_no_grant, cast.technician):
        case = Case.objects.select_related("provider__person", "patient", "practice", "current_order").get(pk=cast.case.pk)
        for tab in ("orders", "prescription", "overview"):
            page = case_page.page(case, person.actor, tab)
            counted = next(t["count"] for t in page["tabs"] if t["name"] == "orders")
            seen[person.actor.workspace, tab] = (counted, len(page["orders"]) if tab != "overview" else bool(page["answers"]))

    assert {rows for (space, tab), (_n, rows) in seen.items() if space == "lab" and tab != "overview"} == {1}
    assert {n for (space, _tab), (n, _rows) in seen.items() if space == "lab"} == {1}
    assert {n for (space, _tab), (n, _rows) in seen.items() if space != "lab"} == {2}
    assert not seen["lab", "overview"][1]

"""The truth table of the policy: who may do what on a case, by role, grants, state and sharing. A clinician should agree with each row."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case, Order
from midline.cases.policies import actions_on, cases_for, get_case_or_404, may, providers_for, users_who_may
from midline.cases.tests.factories import collaborator_actor, lab_actor, make_case, move, provider_actor, share
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

SEES = {
    Action.VIEW,
    Action.SEE_IDENTITY,
    Action.READ_CONVERSATION,
    Action.READ_PROPOSED_REQUESTS,
    Action.READ_SENT_REQUESTS,
    Action.COMMENT,
    Action.PROPOSE_CHANGES,
    Action.MARK_READY,
}
HIDDEN = SEES - {Action.SEE_IDENTITY}
DOWNLOADS = {Action.DOWNLOAD, Action.DOWNLOAD_ORIGINALS}
EVERYTHING = SEES | DOWNLOADS | {Action.ADD_ORDER, Action.DECLINE_SETUP, Action.EDIT_RECORDS, Action.TAKE}
PLANS = {Action.PUBLISH_SETUP, Action.READ_UNPUBLISHED, Action.ANSWER_REQUESTS}
OWNS = (EVERYTHING - {Action.MARK_READY, Action.TAKE}) | {
    Action.READ_SHARES,
    Action.READ_ACCESS_LOG,
    Action.APPROVE,
    Action.PUSH_BACK,
    Action.SHARE,
    Action.RECEIVE,
    Action.HOLD,
    Action.CANCEL,
    Action.EDIT_CASE,
}
WORKS = DOWNLOADS | PLANS | {
    Action.VIEW,
    Action.SEE_IDENTITY,
    Action.READ_SENT_REQUESTS,
    Action.TAKE,
    Action.ASK_RECORDS,
    Action.MANUFACTURE,
    Action.HOLD,
    Action.CANCEL_LATE,
}  # fmt: skip


@dataclass
class With:
    """A collaboration of the case's provider.

    share: "single", "every", "none", or "held" (a row that only takes away). plans: this collaborator took the order.
    """

    grants: set[str] = field(default_factory=set)
    share: str = "single"
    state: str = "active"
    ends_in_days: int | None = None
    hides: bool = False
    withheld: set[str] = field(default_factory=set)
    plans: bool = False


ALL = set(EVERY_GRANT)

# who, the collaboration, what they may on the case
COLLABORATORS = [
    ("nothing granted, the case shared singly",            With(),                                         SEES),
    ("nothing granted, every case shared",                 With(share="every"),                            SEES),
    ("everything granted, the case shared singly",         With(ALL),                                      EVERYTHING),
    ("everything granted, every case shared",              With(ALL, "every"),                             EVERYTHING),
    ("everything granted, no case shared",                 With(ALL, "none"),                              set()),
    ("everything granted, a row that only takes away",     With(ALL, "held"),                              set()),
    ("invited, not accepted",                              With(ALL, "every", state="invited"),            set()),
    ("ended",                                              With(ALL, "every", state="ended"),              set()),
    ("past its end date",                                  With(ALL, "every", ends_in_days=-1),            set()),
    ("before its end date",                                With(ALL, "every", ends_in_days=1),             EVERYTHING),
    ("may add orders",                                     With({"add_orders"}),                           SEES | {Action.ADD_ORDER}),
    ("may decline setups",                                 With({"decline_setups"}),                       SEES | {Action.DECLINE_SETUP}),
    ("may add and replace records",                        With({"edit_records"}),                         SEES | {Action.EDIT_RECORDS}),
    ("may download",                                       With({"download"}),                             SEES | DOWNLOADS),
    ("may publish, took nothing",                          With({"publish_setups"}),                       SEES | {Action.TAKE}),
    ("may publish, took the order",                        With({"publish_setups"}, plans=True),           SEES | {Action.TAKE} | PLANS),
    ("took the order, then the grant went",                With(plans=True),                               SEES),
    ("download taken away on this case",                   With(ALL, withheld={"download"}),               EVERYTHING - DOWNLOADS),
    ("every case, download taken away on this one",        With(ALL, "held every", withheld={"download"}), EVERYTHING - DOWNLOADS),
    ("everything taken away on this case",                 With(ALL, withheld=ALL),                        SEES),
    ("what was never granted is not given by taking away", With(set(), withheld=ALL),                      SEES),
    ("identity hidden",                                    With(set(), hides=True),                        HIDDEN),
    ("identity hidden, may download: scrubbed copies only",With({"download"}, hides=True),                 HIDDEN | {Action.DOWNLOAD}),
]  # fmt: skip


@pytest.fixture
def case(db):
    technician = UserFactory(is_technician=True)
    return move(make_case(PracticeFactory()), "submit", technician=technician)


def collaborate(case: Case, given: With) -> Collaboration:
    ended = {"ended": "revoked", "ended_at": clock.now()} if given.state == "ended" else {}
    collaboration = CollaborationFactory(
        provider=case.provider,
        state=given.state,
        every_case="every" in given.share,
        hides_identity=given.hides,
        ends_at=clock.now() + timedelta(days=given.ends_in_days) if given.ends_in_days else None,
        **{grant.value: grant.value in given.grants for grant in Grant},
        **ended,
    )
    if given.share != "none" and given.share != "every":
        share(case, collaboration, gives=given.share == "single", **{f"withholds_{name}": True for name in given.withheld})
    if given.plans:
        Order.objects.filter(case=case).update(planner=collaboration.person, planner_workspace=Workspace.COLLABORATOR)
    return collaboration


def agree(actor: Actor, case: Case, expected: set[Action]) -> None:
    """All directions of the rule say exactly `expected`."""
    assert actions_on(actor, case) == expected
    assert {action for action in Action if may(actor, action, case)} == expected
    assert {action for action in Action if cases_for(actor, action).filter(pk=case.pk).exists()} == expected
    assert {action for action in Action if users_who_may(action, case, actor.workspace).filter(pk=actor.user_id).exists()} == expected


@pytest.mark.parametrize(("given", "expected"), [row[1:] for row in COLLABORATORS], ids=[row[0] for row in COLLABORATORS])
def test_what_a_collaborator_may(case, given, expected):
    agree(collaborator_actor(collaborate(case, given)), case, expected)


@pytest.mark.parametrize("grants", [set(), ALL], ids=["nothing granted", "everything granted"])
def test_a_collaborator_never_approves_shares_or_cancels(case, grants):
    actor = collaborator_actor(collaborate(case, With(grants, "every", plans=True)))

    never = {Action.APPROVE, Action.PUSH_BACK, Action.SHARE, Action.CANCEL, Action.EDIT_CASE, Action.READ_SHARES, Action.READ_ACCESS_LOG}
    assert not actions_on(actor, case) & never


def test_what_the_owner_may(case):
    agree(provider_actor(case.practice), case, OWNS)


def test_another_provider_may_nothing(case):
    agree(provider_actor(PracticeFactory()), case, set())


def test_what_the_lab_may(case):
    agree(lab_actor(UserFactory(is_technician=True)), case, WORKS)


def test_the_lab_never_reads_the_conversation(case):
    assert Action.READ_CONVERSATION not in actions_on(lab_actor(UserFactory(is_technician=True)), case)


def test_the_lab_does_not_see_a_draft(db):
    agree(lab_actor(UserFactory(is_technician=True)), make_case(PracticeFactory()), set())


def test_somebody_who_is_no_technician_may_nothing_in_the_lab(case):
    agree(lab_actor(UserFactory()), case, set())


def test_an_administrator_has_no_way_round_the_policy(case):
    administrator = UserFactory(is_staff=True, is_superuser=True)

    for workspace in (Workspace.PROVIDER, Workspace.COLLABORATOR, Workspace.LAB, Workspace.ACCOUNT):
        agree(Actor(administrator, workspace), case, set())


def test_the_owners_person_has_nothing_in_the_workspace_of_a_collaborator(case):
    agree(Actor(case.provider.person, Workspace.COLLABORATOR), case, set())


def test_hidden_is_404_and_visible_but_not_allowed_is_403(case):
    actor = collaborator_actor(collaborate(case, With()))

    assert get_case_or_404(actor, case.number) == case
    with pytest.raises(PermissionDenied):
        get_case_or_404(actor, case.number, Action.APPROVE)
    with pytest.raises(Http404):
        get_case_or_404(provider_actor(PracticeFactory()), case.number, Action.APPROVE)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [(With(), False), (With({"add_orders"}), True), (With({"add_orders"}, "none"), True), (With({"add_orders"}, state="invited"), False)],
    ids=["not granted", "granted", "granted without a shared case", "invited"],
)
def test_for_whom_a_collaborator_begins_cases(case, given, allowed):
    actor = collaborator_actor(collaborate(case, given))

    assert list(providers_for(actor)) == ([case.provider] if allowed else [])


def test_access_goes_with_the_next_request_when_the_collaboration_ends(case):
    collaboration = collaborate(case, With(ALL))
    actor = collaborator_actor(collaboration)
    assert may(actor, Action.VIEW, case)

    Collaboration.objects.filter(pk=collaboration.pk).update(state="ended", ended="revoked")

    agree(actor, case, set())


def test_moving_a_case_to_another_practice_changes_no_access(case):
    actor = collaborator_actor(collaborate(case, With()))
    Case.objects.filter(pk=case.pk).update(practice=PracticeFactory(provider=case.provider))

    agree(actor, Case.objects.get(pk=case.pk), SEES)


def test_future_cases_join_a_standing_grant(case):
    collaboration = collaborate(case, With(share="every"))

    assert may(collaborator_actor(collaboration), Action.VIEW, make_case(case.practice))


def test_shares_made_one_by_one_survive_the_standing_grant(case):
    collaboration = collaborate(case, With())
    owner = provider_actor(case.practice)
    services.standing_grant_begin(collaboration=collaboration, by=owner)
    services.standing_grant_end(collaboration=collaboration, by=owner)

    assert may(collaborator_actor(collaboration), Action.VIEW, case)

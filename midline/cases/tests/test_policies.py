"""The truth table of the policy (policy_table.py), asked in every direction; and how access begins, changes and ends."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case, Status
from midline.cases.policies import ALWAYS, COLLABORATOR, IF_GRANTED, LAB, OWNER, actions_on, get_case_or_404, may, providers_for
from midline.cases.tests.factories import collaborator_actor, lab_actor, make_case, move, provider_actor, share
from midline.cases.tests.policy_answers import disagreements
from midline.cases.tests.policy_table import COLLABORATORS, OTHERS, WORDS, lines, meaning
from midline.cases.tests.policy_world import NOW, STATUSES, the_table
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.models import Provider
from midline.practices.tests.factories import PracticeFactory

SEES = meaning("see, name")


def test_every_direction_of_the_policy_says_what_the_table_says(db):
    with clock.at(NOW):
        world = the_table("draft", "submitted")

    assert disagreements(world, each=False) == []


@pytest.mark.slow
def test_the_table_holds_for_a_case_in_every_status(db):
    with clock.at(NOW):
        world = the_table(*STATUSES)

    assert {case.state for case in world.cases} == set(Status)
    assert disagreements(world) == []


def test_the_table_names_every_action_and_asks_each_line_once():
    named = set().union(*WORDS.values())
    for table in (COLLABORATORS, OTHERS):
        asked = ["|".join(cells[:-1]) for cells in lines(table)]
        assert len(asked) == len(set(asked))

    assert named == set(Action)


@pytest.fixture
def case(db):
    technician = UserFactory(is_technician=True)
    return move(make_case(PracticeFactory()), "submit", technician=technician)


# --- whose cases somebody may begin ---------------------------------------------------------------------------------

# the collaboration, and whether the collaborator may begin a case for its provider
BEGINNINGS = [
    ("nothing granted",                              {},                                                       False),
    ("may add orders, no case shared",               {"add_orders": True},                                     True),
    ("may add orders, every case shared",            {"add_orders": True, "every_case": True},                 True),
    ("may add orders, identity hidden",              {"add_orders": True, "hides_identity": True},             True),
    ("everything but adding orders",                 {**EVERY_GRANT, "add_orders": False, "every_case": True}, False),
    ("may add orders, invited",                      {"add_orders": True, "state": "invited"},                 False),
    ("may add orders, ended",                        {"add_orders": True, "state": "ended", "ended": "left"},  False),
    ("may add orders, over this moment",             {"add_orders": True, "ends_at": NOW},                     False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "allowed"), [row[1:] for row in BEGINNINGS], ids=[row[0] for row in BEGINNINGS])
def test_for_whom_a_collaborator_begins_cases(db, given, allowed):
    collaboration = CollaborationFactory(**given)
    CollaborationFactory(person=collaboration.person)

    with clock.at(NOW):
        assert list(providers_for(collaborator_actor(collaboration))) == ([collaboration.provider] if allowed else [])


def test_a_provider_begins_cases_of_their_own_and_nobody_elses(db):
    mine, other = PracticeFactory(), PracticeFactory()
    person = mine.provider.person

    assert list(providers_for(provider_actor(mine))) == [mine.provider]
    assert list(providers_for(Actor(person, Workspace.PROVIDER, other.provider_id))) == []
    assert list(providers_for(Actor(person, Workspace.COLLABORATOR))) == []
    assert list(providers_for(Actor(person, Workspace.ACCOUNT, mine.provider_id))) == []
    assert list(providers_for(provider_actor(mine), Action.TAKE)) == []


def test_nobody_begins_cases_from_the_lab_or_from_a_closed_account(db):
    practice = PracticeFactory()
    collaboration = CollaborationFactory(provider=practice.provider, add_orders=True)
    assert collaboration.person
    collaboration.person.is_active = practice.provider.person.is_active = False

    assert list(providers_for(lab_actor(UserFactory(is_technician=True)))) == []
    assert list(providers_for(provider_actor(practice))) == []
    assert list(providers_for(collaborator_actor(collaboration))) == []


@pytest.mark.parametrize("state", [Provider.State.PENDING, Provider.State.REFUSED])
def test_cases_are_begun_for_confirmed_providers_alone(db, state):
    practice = PracticeFactory()
    collaborator = collaborator_actor(CollaborationFactory(provider=practice.provider, add_orders=True))
    Provider.objects.filter(pk=practice.provider_id).update(state=state)

    assert list(providers_for(provider_actor(practice))) == []
    assert list(providers_for(collaborator)) == []


def test_what_no_collaborator_may_on_a_case_opens_no_provider_either(db):
    collaborator = collaborator_actor(CollaborationFactory(**EVERY_GRANT))

    assert [action for action in Action if providers_for(collaborator, action).exists()] == [a for a in Action if a in COLLABORATOR]


# --- the tables of the policy ---------------------------------------------------------------------------------------


def test_no_collaborator_ever_approves_pays_shares_or_changes_the_account():
    decides = {Action.APPROVE, Action.PUSH_BACK, Action.SHARE, Action.READ_SHARES, Action.READ_ACCESS_LOG, Action.EDIT_CASE}
    moves = {Action.CANCEL, Action.CANCEL_LATE, Action.HOLD, Action.RECEIVE, Action.MANUFACTURE, Action.ASK_RECORDS}

    assert not (decides | moves) & COLLABORATOR


def test_only_the_owner_approves_shares_and_reads_the_access_log():
    assert [action for action in (Action.APPROVE, Action.SHARE, Action.READ_ACCESS_LOG) if action in LAB | COLLABORATOR] == []
    assert {Action.APPROVE, Action.SHARE, Action.READ_ACCESS_LOG} <= OWNER


def test_every_permission_gives_something_and_nothing_is_both_granted_and_always_given():
    assert set(IF_GRANTED.values()) == set(Grant)
    assert not ALWAYS & IF_GRANTED.keys()


# --- how access begins, changes and ends ----------------------------------------------------------------------------


def test_hidden_is_404_and_visible_but_not_allowed_is_403(case):
    collaboration = CollaborationFactory(provider=case.provider, every_case=True)
    actor = collaborator_actor(collaboration)

    assert get_case_or_404(actor, case.number) == case
    with pytest.raises(PermissionDenied):
        get_case_or_404(actor, case.number, Action.APPROVE)
    with pytest.raises(Http404):
        get_case_or_404(provider_actor(PracticeFactory()), case.number, Action.APPROVE)


def test_a_request_reads_patient_practice_provider_and_order_along(case, django_assert_num_queries):
    owner = provider_actor(case.practice)
    with django_assert_num_queries(1):
        found = get_case_or_404(owner, case.number)
        _ = found.patient, found.practice, found.provider.person, found.current_order


def test_access_goes_with_the_next_request_when_the_collaboration_ends(case):
    collaboration = CollaborationFactory(provider=case.provider, every_case=True, **EVERY_GRANT)
    actor = collaborator_actor(collaboration)
    assert may(actor, Action.VIEW, case)

    Collaboration.objects.filter(pk=collaboration.pk).update(state="ended", ended="revoked")

    assert not may(actor, Action.VIEW, case)
    assert actions_on(actor, case) == frozenset()


def test_moving_a_case_to_another_practice_changes_no_access(case):
    collaboration = CollaborationFactory(provider=case.provider)
    share(case, collaboration)
    Case.objects.filter(pk=case.pk).update(practice=PracticeFactory(provider=case.provider))

    assert actions_on(collaborator_actor(collaboration), Case.objects.get(pk=case.pk)) == SEES


def test_future_cases_join_a_standing_grant(case):
    collaboration = CollaborationFactory(provider=case.provider, every_case=True)

    assert may(collaborator_actor(collaboration), Action.VIEW, make_case(case.practice))


def test_shares_made_one_by_one_survive_the_standing_grant(case):
    collaboration = CollaborationFactory(provider=case.provider)
    share(case, collaboration)
    owner = provider_actor(case.practice)
    services.standing_grant_begin(collaboration=collaboration, by=owner)
    services.standing_grant_end(collaboration=collaboration, by=owner)

    assert may(collaborator_actor(collaboration), Action.VIEW, case)

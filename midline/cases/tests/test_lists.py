"""Lists: every order both ways, page by page, and the derived filters against what the rows say."""

from datetime import timedelta

import pytest

from midline.cases import services
from midline.cases.models import Case, CaseType, CaseUnread, CollaboratorStatus, Group, Order, Status, Turn
from midline.cases.policies import cases_for
from midline.cases.queries import Asked, listed, matches, reach_of, read_page, rows_of, standings
from midline.cases.queries.asked import SORTS
from midline.cases.tests.factories import PATHS, case_in, collaborator_actor, provider_actor, share
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.workspace import Workspace
from midline.practices.tests.factories import PracticeFactory

NAMES = ["Łukasz Wiśniewski", "Zofia Dąbrowska", "Γεωργία Παπαδάκη", "Bo Li", "Emre Yıldırım", "Bo Li", "Þórunn Ásgeirsdóttir"]


@pytest.fixture
def world(cast):
    """The cast's provider with a case in every state, shared with both collaborators; a second provider who hides identity."""
    technician = cast.technician.user
    second = PracticeFactory(provider=cast.practice.provider, name="Aker")
    hiding = PracticeFactory(provider__person__first_name="Anselm", name="Vogt")
    hidden = CollaborationFactory(provider=hiding.provider, person=cast.with_no_grant.user, hides_identity=True, every_case=True)
    for number, path in enumerate(PATHS):
        practice = cast.practice if number % 2 else second
        case = case_in(practice, path, technician=technician, name=NAMES[number % len(NAMES)])
        share(case, cast.with_no_grant.collaboration)
        if number % 4:
            share(case, cast.with_every_grant.collaboration)
        at = clock.now() - timedelta(days=number // 2 * 10)
        Case.objects.filter(pk=case.pk).update(last_activity_at=at, case_type=list(CaseType)[number % 4] if path == "draft" else "aligner")
    for path, name in (("awaiting_approval", "Aaa First"), ("completed", "Aab Second"), ("submitted", "Aac Third")):
        case_in(hiding, path, technician=technician, name=name)
    waiting = Case.objects.get(provider=cast.practice.provider, status=Status.AWAITING_APPROVAL)
    services.ready_mark(case=waiting, version=1, by=cast.with_no_grant.actor)
    for number, case in enumerate(Case.objects.order_by("pk")[:9:2]):
        CaseUnread.objects.create(case=case, person=cast.owner.user, count=1 + number % 3)
        CaseUnread.objects.create(case=case, person=cast.with_every_grant.user, count=3 - number % 3)
    cast.hidden = hidden
    cast.hiding = hiding
    return cast


def walk(asked: Asked, reach, size: int) -> list[int]:
    """The ids of the list, page after page; every page also leads back to the one before."""
    found: list[int] = []
    page = read_page(asked, reach, size)
    while True:
        found += [case.pk for case in page.cases]
        if not page.after:
            return found
        following = read_page(asked.but(after=page.after), reach, size)
        back = read_page(asked.but(before=following.before), reach, size)
        assert back.cases == page.cases
        page = following


def walk_back(asked: Asked, reach, size: int) -> list[int]:
    found: list[int] = []
    page = read_page(asked.but(last=True), reach, size)
    while True:
        found = [case.pk for case in page.cases] + [pk for pk in found if pk not in {case.pk for case in page.cases}]
        if not page.before:
            return found
        page = read_page(asked.but(before=page.before), reach, size)


KEYS = {
    "number": lambda case: case.pk,
    "patient": lambda case: case.patient_norm,
    "provider": lambda case: case.clinician_norm,
    "practice": lambda case: case.practice.name.lower(),
    "activity": lambda case: case.last_activity_at,
    "status": lambda case: Status.values.index(case.status),
    "type": lambda case: CaseType.values.index(case.case_type),
}
DERIVED_KEYS = {
    "people": lambda row: row.collaborators,
    "unread": lambda row: row.unread,
    "turn": lambda row: list(Turn).index(row.turn),
    "cstatus": lambda row: [*CollaboratorStatus, None].index(row.collaborator_status),
}


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-") if sign + name != "-activity"])
def test_every_order_is_stable_and_the_same_page_by_page(world, sort):
    for actor in (world.owner.actor, world.with_every_grant.actor):
        reach = reach_of(actor)
        found = walk(Asked(sort=sort), reach, 4)
        assert sorted(found) == sorted(cases_for(actor).values_list("pk", flat=True)), "each case once"
        by_id = Case.objects.select_related("practice").in_bulk(found)
        name = sort.lstrip("-")
        rows = rows_of([("", by_id[pk]) for pk in found], reach)
        keys = [DERIVED_KEYS[name](row) if name in DERIVED_KEYS else KEYS[name](by_id[row.id]) for row in rows]
        assert keys == sorted(keys, reverse=sort.startswith("-"))
        assert walk(Asked(sort=sort), reach, 3) == found
        assert walk_back(Asked(sort=sort), reach, 4) == found


@pytest.mark.parametrize("name", SORTS)
def test_the_other_way_round_is_exactly_the_reverse(world, name):
    if name == "activity":
        return
    reach = reach_of(world.owner.actor)

    assert walk(Asked(sort=name), reach, 50) == walk(Asked(sort=f"-{name}"), reach, 50)[::-1]


def test_the_plain_view_stands_in_groups_newest_first_in_each(world):
    page = read_page(Asked(), reach_of(world.owner.actor))

    groups = [group for group, _case in page.rows]
    assert groups == sorted(groups, key=["action", "progress", "closed"].index)
    for name in Group.values:
        times = [case.last_activity_at for group, case in page.rows if group == name]
        assert times == sorted(times, reverse=True)
        assert {case.group for group, case in page.rows if group == name} == {Group(name)}


def test_a_collaborators_plain_view_begins_with_what_to_evaluate(world):
    actor = world.with_every_grant.actor
    page = read_page(Asked(), reach_of(actor))
    stand = standings(page.cases, actor)

    assert [group for group, case in page.rows if stand[case.pk].own] == ["evaluate"]
    assert page.rows[0][0] == "evaluate"


@pytest.mark.parametrize("sort", ["patient", "-patient"])
def test_where_identity_is_hidden_cases_stand_after_all_others_by_number(world, sort):
    reach = reach_of(world.with_no_grant.actor)
    found = Case.objects.in_bulk(walk(Asked(sort=sort), reach, 4))
    order = walk(Asked(sort=sort), reach, 4)

    hidden = [pk for pk in order if found[pk].provider_id == world.hiding.provider_id]
    assert order[-3:] == hidden == sorted(hidden)


@pytest.mark.parametrize("turn", list(Turn))
def test_the_turn_filter_says_what_the_rows_say(world, turn):
    for actor in (world.owner.actor, world.with_no_grant.actor, world.with_every_grant.actor):
        cases = list(cases_for(actor).select_related("current_order"))
        stand = standings(cases, actor)

        found = set(listed(Asked(turn=(turn.value,)), reach_of(actor)).values_list("pk", flat=True))

        assert found == {case.pk for case in cases if stand[case.pk].turn is turn}


@pytest.mark.parametrize("status", list(CollaboratorStatus))
def test_the_collaborator_status_filter_says_what_the_rows_say(world, status):
    for actor in (world.owner.actor, world.with_no_grant.actor, world.with_every_grant.actor):
        cases = list(cases_for(actor).select_related("current_order"))
        stand = standings(cases, actor)
        shown = {
            case.pk for case in cases if (stand[case.pk].mine if actor.workspace == "collaborator" else stand[case.pk].status) is status
        }

        found = set(listed(Asked(cstatus=(status.value,)), reach_of(actor)).values_list("pk", flat=True))

        assert found == shown


def test_a_planner_has_nothing_to_evaluate_in_their_own_version(world):
    actor = world.with_every_grant.actor
    waiting = Case.objects.get(provider=world.practice.provider, status=Status.AWAITING_APPROVAL)
    Order.objects.filter(case=waiting).update(planner=actor.user, planner_workspace=Workspace.COLLABORATOR)

    reach = reach_of(actor)

    assert not listed(Asked(group="evaluate"), reach).exists()
    assert reach.tab_counts()["evaluate"] == 0


@pytest.mark.parametrize(
    "asked",
    [
        Asked(status=("draft", "on_hold")),
        Asked(type=("aligner",)),
        Asked(group="open"),
        Asked(active=30),
        Asked(unread=True),
        Asked(cstatus=("ready", "approved"), turn=("provider", "nobody")),
        Asked(term="lukasz"),
    ],
    ids=str,
)
def test_filters_narrow_and_the_count_follows(world, asked):
    for actor in (world.owner.actor, world.with_no_grant.actor):
        reach = reach_of(actor)
        found = walk(asked, reach, 3)

        assert len(found) == listed(asked, reach).count() == matches(asked, reach)[0]
        assert set(found) <= set(cases_for(actor).values_list("pk", flat=True))


def test_last_activity_filters_by_days(world):
    recent = listed(Asked(active=7), reach_of(world.owner.actor))

    assert recent.exists()
    assert all(case.last_activity_at > clock.now() - timedelta(days=7) for case in recent)


def test_an_owner_filters_by_practice_and_by_collaborator(world):
    reach = reach_of(world.owner.actor)
    aker = Case.objects.filter(practice__name="Aker").values_list("practice_id", flat=True)[0]
    collaboration = world.with_every_grant.collaboration

    assert {case.practice_id for case in listed(Asked(practice=(aker,)), reach)} == {aker}
    shared = set(listed(Asked(collaborator=(collaboration.pk,)), reach).values_list("pk", flat=True))
    assert shared == set(cases_for(world.with_every_grant.actor).values_list("pk", flat=True))
    not_shared = listed(Asked(collaboration=collaboration.pk, shared="no"), reach).values_list("pk", flat=True)
    assert shared.isdisjoint(not_shared)
    assert len(shared) + len(not_shared) == cases_for(world.owner.actor).count()


def test_a_foreign_collaboration_in_the_filter_shares_nothing(world):
    foreign = CollaborationFactory(every_case=True)

    assert not listed(Asked(collaborator=(foreign.pk,)), reach_of(world.owner.actor)).exists()


@pytest.mark.parametrize("key", ["x", "0", "9-9", "0-1-2-3", "0-99999999", "0-77777-99999999999999999", "٣-٤", "-1-2"])
def test_a_key_that_means_nothing_shows_the_first_page(world, key):
    reach = reach_of(world.owner.actor)
    first = read_page(Asked(sort="patient"), reach, 4)

    page = read_page(Asked(sort="patient", after=key), reach, 4)

    assert page.cases == first.cases


def test_a_key_never_holds_a_name(world):
    for sort in SORTS:
        page = read_page(Asked(sort=sort), reach_of(world.owner.actor), 4)
        assert page.after.replace("-", "").isdigit()


def test_a_step_back_to_the_beginning_shows_a_whole_first_page(world):
    reach = reach_of(world.owner.actor)
    second = read_page(Asked(after=read_page(Asked(), reach, 4).after), reach, 4)
    newest = case_in(world.practice, "draft", technician=world.technician.user)

    page = read_page(Asked(before=second.before), reach, 4)

    assert page.before or page.cases[0].pk == newest.pk


def test_provider_and_account_workspaces_list_nothing_of_others(world):
    assert not listed(Asked(), reach_of(provider_actor(PracticeFactory()))).exists()
    assert not listed(Asked(), reach_of(world.stranger.actor)).exists()
    assert listed(Asked(), reach_of(collaborator_actor(world.hidden))).count() == cases_for(world.with_no_grant.actor).count()

"""Setups and conversation under several at once, on real connections: nothing twice, nothing half published."""

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from midline.activity.models import Event
from midline.cases.models import Case, CaseUnread, Order
from midline.cases.tests.factories import move
from midline.conversation.models import ChangeRequest, Comment, CommentEdit
from midline.conversation.services import Wanted, comment_add, comment_delete, comment_edit, request_propose
from midline.core.errors import NotAllowedNow
from midline.core.ids import new_key
from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.jobs.services import Claim
from midline.jobs.tests.databases import real_database
from midline.jobs.tests.racing import look
from midline.notify.models import Delivery
from midline.setups import services
from midline.setups.models import Decision, Movement, Part, SetupImport, SetupVersion
from midline.setups.services import IprRow
from midline.setups.services.building import Built, Replaced, import_built
from midline.setups.services.content import content_hash
from midline.setups.services.decisions import setup_decline, setup_mark_ready
from midline.setups.services.supplying import Supplied
from midline.setups.services.versions import plan_write, teeth_confirm, version_publish
from midline.setups.tests.factories import make_import, make_version
from midline.web.tests.test_races import told_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def order(cast) -> Order:
    return Order.objects.get(pk=move(cast.case, "take", technician=cast.technician.user).current_order_id or 0)


def fresh(item: SetupImport) -> SetupImport:
    return SetupImport.objects.select_related("order__case", "version__order__case").get(pk=item.pk)


def own_version(item: SetupImport) -> SetupVersion:
    return SetupVersion.objects.select_related("order__case").get(pk=item.version_id or 0)


def publish(cast, item: SetupImport) -> Callable[[], Any]:
    return lambda: version_publish(version=own_version(item), by=cast.technician.actor).number


def test_publishing_pressed_twice_at_once_publishes_once_and_refuses_nobody(cast, order, tmp_path: Path):
    item = make_import(order, cast.technician.user)
    with real_database(tmp_path):
        told = told_at_once(*[publish(cast, item)] * 3)
        assert told == [1, 1, 1]
        assert look(lambda: Event.objects.filter(kind="setup.published").count()) == 1
        per_person = look(lambda: list(Delivery.objects.filter(kind="setup.ready_for_review").values_list("person_id", "channel")))
        assert len(per_person) == len(set(per_person)) > 0


def test_what_is_changed_while_it_is_published_is_in_its_hash_or_not_in_it(cast, order, tmp_path: Path):
    item = make_import(order, cast.technician.user)

    def write() -> Any:
        rows = [IprRow(11, 21, Decimal("0.20"), 1)]
        return plan_write(version=own_version(item), by=cast.technician.actor, iprs=rows, attachments=[], notes="Now.").notes

    def number() -> Any:
        parts = Part.objects.filter(version_id=item.version_id, kind="tooth")
        return teeth_confirm(
            version=own_version(item), numbers={p.key: p.fdi if p.fdi != 13 else None for p in parts}, by=cast.technician.actor
        ).number

    with real_database(tmp_path):
        told = told_at_once(write, publish(cast, item), number)
        assert all(answer in {"Now.", 1, NotAllowedNow} for answer in told), told
        assert look(lambda: own_version(item).content_hash == content_hash(own_version(item)))


def test_of_two_who_save_the_match_one_builds(cast, order, tmp_path: Path):
    item = make_import(order, cast.technician.user, state=SetupImport.State.MATCHING)
    rows = [{"name": row["name"], "arch": row["arch"], "stage": row["stage"]} for row in item.report["files"] if not row["refused"]]

    def save(mapping: list[Any]) -> Callable[[], Any]:
        return lambda: services.import_map(item=fresh(item), mapping=mapping, by=cast.technician.actor).state

    with real_database(tmp_path):
        told = told_at_once(save(rows), save(rows[:4]), save(rows[:3]))
        assert sorted(told, key=str) == sorted(["building", NotAllowedNow, NotAllowedNow], key=str)
        assert look(lambda: Job.objects.filter(kind="setups.build").count()) == 1


def test_an_import_discarded_while_it_is_matched_leaves_no_job_behind(cast, order, tmp_path: Path):
    item = make_import(order, cast.technician.user, state=SetupImport.State.MATCHING)
    rows = [{"name": row["name"], "arch": row["arch"], "stage": row["stage"]} for row in item.report["files"] if not row["refused"]]
    with real_database(tmp_path):
        told = told_at_once(
            lambda: services.import_map(item=fresh(item), mapping=rows, by=cast.technician.actor).state,
            lambda: services.import_discard(item=fresh(item), by=cast.technician.actor).state,
        )
        assert told[1] == "discarded", told
        assert told[0] in {"building", NotAllowedNow}
        assert look(lambda: fresh(item).state) == "discarded"
        assert look(lambda: Job.objects.filter(kind="setups.build", state=Job.State.WAITING).count()) == 0


@pytest.mark.parametrize(
    ("contents", "told"),
    [([b"solid one"] * 3, ["reading"] * 3), ([b"solid one", b"solid two", b"solid three"], ["reading", NotAllowedNow, NotAllowedNow])],
    ids=["the same bytes", "other bytes"],
)
def test_a_file_supplied_by_several_at_once_is_taken_and_read_once(cast, order, tmp_path: Path, contents, told):
    item = make_import(order, cast.technician.user, state=SetupImport.State.MATCHING)

    def supply(content: bytes) -> Callable[[], Any]:
        chosen = [Supplied("case_lower_05.stl", BytesIO(content))]
        return lambda: services.import_supply(item=fresh(item), by=cast.technician.actor, supplied=chosen, answers={}).state

    with real_database(tmp_path):
        assert sorted(told_at_once(*map(supply, contents)), key=str) == sorted(told, key=str)
        assert len(look(lambda: fresh(item).received)) == 1
        assert look(lambda: Job.objects.filter(kind="setups.read").count()) == 1


def built_of(version: SetupVersion) -> Built:
    """What a build left behind, as small as can be: one tooth an arch that stands still."""
    keys = ["upper-01", "lower-01"]
    about = {"kind": "tooth", "fdi": None, "fdi_confidence": 0, "moves": False, "label_point": None}
    still = [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]] * 5
    plan = {
        "stages": {"upper": 4, "lower": 4}, "poses": dict.fromkeys(keys, still), "frames": {}, "error_um": {}, "notes": [], "movements": {},
        "parts": [about | {"key": key, "arch": key[:5]} for key in keys],
    }  # fmt: skip
    return Built(plan, version.files, version.pictures)


def building(item: SetupImport) -> Claim:
    """The import as a worker has it in its hands."""
    job = jobs.enqueue("setups.build", {"import": item.pk})
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempts=1)
    SetupImport.objects.filter(pk=item.pk).update(state=SetupImport.State.BUILDING, job_id=job.pk)
    return Claim(id=job.pk, kind="setups.build", payload={"import": item.pk}, attempt=1)


def test_an_import_discarded_in_the_moment_in_which_it_is_built_leaves_no_version(cast, order, tmp_path: Path):
    item = make_import(order, cast.technician.user)
    built, claim = built_of(own_version(item)), building(item)
    at_work = SetupImport(pk=item.pk, state=SetupImport.State.BUILDING, case_id=item.case_id)
    with real_database(tmp_path):
        told = told_at_once(
            lambda: import_built(claim=claim, item=at_work, built=built).number,
            lambda: services.import_discard(item=fresh(item), by=cast.technician.actor).state,
        )
        assert told[0] in {1, Replaced}, told
        assert told[1] == "discarded", told
        assert look(lambda: (SetupVersion.objects.count(), Part.objects.count(), Movement.objects.count())) == (0, 0, 0)
        assert look(lambda: fresh(item).version_id) is None


def test_publishing_what_is_being_built_again_waits_or_is_refused(cast, order, tmp_path: Path):
    item = make_import(order, cast.technician.user)
    version, claim = own_version(item), building(item)
    built = built_of(version)
    at_work = SetupImport(pk=item.pk, state=SetupImport.State.BUILDING, case_id=item.case_id)
    with real_database(tmp_path):
        told = told_at_once(
            lambda: import_built(claim=claim, item=at_work, built=built).number,
            lambda: version_publish(version=version, by=cast.technician.actor).number,
        )
        assert told == [1, NotAllowedNow], told
        assert look(lambda: SetupVersion.objects.filter(published_at__isnull=False).count()) == 0
        assert look(lambda: fresh(item).state) == "built"


def test_one_comment_sent_by_many_retries_at_once_stands_once_and_counts_once(cast, order, tmp_path: Path):
    key = new_key()

    def send() -> Any:
        return comment_add(case=Case.objects.get(pk=cast.case.pk), by=cast.owner.actor, body="Once.", key=key).body

    with real_database(tmp_path):
        assert told_at_once(*[send] * 5) == ["Once."] * 5
        assert look(lambda: Comment.objects.count()) == 1
        assert look(lambda: set(CaseUnread.objects.values_list("count", flat=True))) == {1}
        assert look(lambda: Event.objects.filter(kind="conversation.commented").count()) == 1


def test_comments_of_several_at_once_are_each_counted(cast, order, tmp_path: Path):
    people = [cast.owner, cast.with_every_grant, cast.with_no_grant]

    def send(person: Any) -> Callable[[], Any]:
        return lambda: comment_add(case=Case.objects.get(pk=cast.case.pk), by=person.actor, body="Mine.", key=new_key()).body

    with real_database(tmp_path):
        assert told_at_once(*[send(person) for person in people * 2]) == ["Mine."] * 6
        assert look(lambda: dict(CaseUnread.objects.values_list("person_id", "count"))) == {person.user.pk: 4 for person in people}


def test_a_comment_changed_and_taken_back_at_once_keeps_no_words(cast, order, tmp_path: Path):
    comment = comment_add(case=cast.case, by=cast.owner.actor, body="First.", key=new_key())
    key = new_key()

    def edit() -> Any:
        return comment_edit(comment=comment, by=cast.owner.actor, body="Second.", key=key).body

    with real_database(tmp_path):
        told = told_at_once(edit, lambda: comment_delete(comment=comment, by=cast.owner.actor).body, edit)
        assert told[1] == "", told
        assert {told[0], told[2]} <= {"Second.", NotAllowedNow}
        assert look(lambda: (Comment.objects.get().body, CommentEdit.objects.count())) == ("", 0)


def test_a_decision_sent_by_many_retries_at_once_is_one_decision(cast, order, tmp_path: Path):
    version = make_version(Case.objects.get(pk=cast.case.pk), cast.technician.user)
    move(Case.objects.get(pk=cast.case.pk), "publish", technician=cast.technician.user)
    ready, decline, propose = new_key(), new_key(), new_key()
    line = [Wanted(21, "other", None, "Out")]
    seen = version.content_hash
    asked: dict[str, Any] = {"wanted": line, "words": "", "ticked": frozenset(), "seen_hash": seen}

    def of(number: int) -> SetupVersion:
        return SetupVersion.objects.select_related("case", "order").get(number=number)

    with real_database(tmp_path):
        marked = told_at_once(*[lambda: setup_mark_ready(version=of(1), by=cast.with_no_grant.actor, seen_hash=seen, key=ready).kind] * 3)
        assert marked == ["ready"] * 3
        proposed = told_at_once(
            *[lambda: request_propose(case=of(1).case, version=1, by=cast.with_no_grant.actor, wanted=line, words="", key=propose).pk] * 3
        )
        assert len(set(proposed)) == 1, proposed
        declined = told_at_once(*[lambda: setup_decline(version=of(1), by=cast.owner.actor, key=decline, **asked).kind] * 3)
        assert declined == ["declined"] * 3
        assert look(lambda: sorted(Decision.objects.values_list("kind", flat=True))) == ["declined", "ready"]
        assert look(lambda: sorted(ChangeRequest.objects.values_list("state", flat=True))) == ["proposed", "sent"]

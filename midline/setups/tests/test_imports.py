"""An import from the ZIP to a version: what is refused and why, what a killed worker leaves, who may do it."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import PermissionDenied

from midline.activity.models import Event
from midline.cases.models import Case, Status
from midline.cases.services import order_move
from midline.cases.tests.factories import lab_actor, move
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.storage import files
from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.people.tests.factories import UserFactory
from midline.setups import services
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.queries import import_standing
from midline.setups.services.building import import_read
from midline.setups.tests.zips import staged_files, staged_zip, zipped

State = SetupImport.State


@pytest.fixture
def order(cast):
    """The cast's order, taken by the technician."""
    return move(cast.case, "take", technician=cast.technician.user).current_order


def begin(cast, order, source=None, **more):
    return services.import_begin(order=order, by=cast.technician.actor, source=source or staged_zip(), filename="Testdatter.zip", **more)


def read(cast, order, source=None, **more) -> SetupImport:
    item = begin(cast, order, source, **more)
    jobs.run_all()
    return SetupImport.objects.get(pk=item.pk)


def proposed(item) -> list[dict[str, object]]:
    return [{"name": r["name"], "arch": r["arch"], "stage": r["stage"]} for r in item.report["files"] if r["refused"] is None]


def test_a_zip_becomes_a_version_that_the_provider_awaits(cast, order):
    item = read(cast, order)
    assert (item.state, len(item.report["files"]), len(item.thumbs)) == (State.MATCHING, 6, 6)

    services.import_map(item=item, mapping=proposed(item), by=cast.technician.actor)
    jobs.run_all()

    item.refresh_from_db()
    assert (item.state, item.error) == (State.BUILT, "")
    version = item.version
    assert version
    assert (version.number, version.stages_upper, version.stages_lower, version.published_at) == (1, 2, 2, None)
    assert version.parts.filter(kind="tooth").count() == 16
    assert version.error_um["teeth_max"] < 10
    assert version.stages.count() == 6
    assert version.movements.count() == 4, "one tooth an arch moves, at two stages"
    for about in (*version.files.values(), *version.pictures.values()):
        assert files().exists(about["key"])
    assert not list((Path(settings.MIDLINE_DATA) / "work").iterdir()), "the folder of the work is gone"

    numbers = {part.key: part.fdi for part in version.parts.filter(kind="tooth")}
    services.teeth_confirm(version=version, numbers=numbers, by=cast.technician.actor)
    published = services.version_publish(version=version, by=cast.technician.actor, note="Both arches.")

    case = Case.objects.get(pk=cast.case.pk)
    assert (case.status, case.awaiting_version, case.newest_version) == (Status.AWAITING_APPROVAL, 1, 1)
    assert len(published.content_hash) == 64
    assert Event.objects.get(kind="setup.published").data["version"] == 1


def test_broken_files_are_named_with_the_reason_and_the_others_stay(cast, order):
    contents = staged_files()
    whole = contents["case_upper_02.stl"]
    contents["case_upper_02.stl"] = whole[: len(whole) // 2]
    contents["case_lower_01.stl"] = whole[:84] + b"\x00\x00\xc0\x7f" * ((len(whole) - 84) // 4) + whole[84:][: (len(whole) - 84) % 4]
    contents["case_lower_02.stl"] = b"<!doctype html><title>Sign in</title>" * 20

    item = read(cast, order, zipped(contents))

    assert item.state == State.MATCHING
    refused = {row["name"]: row["refused"] for row in item.report["files"] if row["refused"]}
    assert set(refused) == {"case_upper_02.stl", "case_lower_01.stl", "case_lower_02.stl"}
    assert all(said["reason"] for said in refused.values())
    assert sum(row["refused"] is None for row in item.report["files"]) == 3


@pytest.mark.parametrize("hostile", ["bomb", "climbs", "torn"])
def test_a_hostile_zip_fails_with_file_and_reason_and_can_be_replaced(cast, order, hostile):
    made = {
        "bomb": lambda: zipped({"case_upper_00.stl": bytes(60_000_000)}),
        "climbs": lambda: zipped({"../case_upper_00.stl": staged_files(0)["case_upper_00.stl"]}),
        "torn": lambda: io.BytesIO(staged_zip().getvalue()[:-2000]),
    }
    item = read(cast, order, made[hostile]())

    assert item.state == State.FAILED
    assert item.failure["file"]
    assert item.failure["reason"]
    assert item.failure["step"] == "read"
    assert Event.objects.filter(kind="setup.import_failed", case_id=cast.case.pk).exists()
    assert Case.objects.get(pk=cast.case.pk).status == Status.IN_PRODUCTION

    again = read(cast, order)

    item.refresh_from_db()
    assert (item.state, again.state) == (State.DISCARDED, State.MATCHING)


def test_what_is_no_zip_is_refused_before_anything_is_kept(cast, order):
    with pytest.raises(Refused) as refused:
        begin(cast, order, io.BytesIO(b"<html>not a zip</html>"))

    assert refused.value.field == "file"
    assert "Testdatter.zip" in refused.value.reason
    assert not SetupImport.objects.exists()


def test_a_second_zip_needs_to_be_said_to_replace_the_first(cast, order):
    first = read(cast, order)
    with pytest.raises(NotAllowedNow):
        begin(cast, order)

    second = begin(cast, order, replaces=True)

    first.refresh_from_db()
    assert (first.state, second.state, second.number) == (State.DISCARDED, State.READING, 1)


def test_a_job_whose_worker_was_killed_is_done_by_the_next(cast, order):
    item = begin(cast, order)
    lost = jobs.claim()
    assert lost is not None
    assert jobs.run_one() is False, "the lease still holds"

    with time_machine.travel(clock.now() + timedelta(seconds=70), tick=True):
        assert jobs.run_one() is True
        item.refresh_from_db()
        assert item.state == State.MATCHING
        with pytest.raises(jobs.LeaseLost):
            import_read(claim=lost, item=SetupImport(pk=item.pk, state=State.READING, case_id=item.case_id), report={}, thumbs={})
    item.refresh_from_db()
    assert item.report["files"], "the worker that came back late wrote nothing"


def test_a_job_that_dies_in_every_attempt_is_shown_as_failed_and_can_be_tried_again(cast, order):
    item = begin(cast, order)
    path = Path(settings.MIDLINE_FILES) / item.key
    path.rename(path.with_suffix(".away"))
    now = clock.now()
    for attempt in range(3):
        with time_machine.travel(now + timedelta(seconds=30 * (attempt + 1)), tick=True):
            jobs.run_one()
    assert Job.objects.get(pk=item.job_id).state == Job.State.DEAD
    item.refresh_from_db()
    standing = import_standing(item)
    assert standing.state == State.FAILED
    assert standing.failure["remedy"]

    path.with_suffix(".away").rename(path)
    services.import_retry(item=item, by=cast.technician.actor)
    jobs.run_all()

    item.refresh_from_db()
    assert item.state == State.MATCHING


def test_a_build_that_fails_keeps_the_match_and_is_tried_again_from_there(cast, order):
    item = read(cast, order)
    services.import_map(item=item, mapping=proposed(item), by=cast.technician.actor)
    # The ZIP at this key is another one meanwhile: a file of the mapping is not in it.
    other = zipped({"case_upper_00.stl": staged_files(0)["case_upper_00.stl"]}).getvalue()
    path = Path(settings.MIDLINE_FILES) / item.key
    right = path.read_bytes()
    path.write_bytes(other)
    jobs.run_all()
    item.refresh_from_db()
    assert (item.state, item.failure["step"]) == (State.FAILED, "pack")
    assert item.failure["file"].startswith("case_")

    path.write_bytes(right)
    again = services.import_retry(item=item, by=cast.technician.actor)

    assert again.state == State.BUILDING
    assert len(again.mapping) == 6
    assert not again.failure


def test_an_import_discarded_while_it_is_read_stays_discarded(cast, order):
    item = begin(cast, order)
    claimed = jobs.claim()
    assert claimed
    services.import_discard(item=item, by=cast.technician.actor)
    jobs.HANDLERS[claimed.kind](claimed)

    item.refresh_from_db()
    assert (item.state, item.report) == (State.DISCARDED, {})
    assert not SetupVersion.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda rows: rows[1].update(stage=0), "stage-1", "case_upper_00.stl"),
        (lambda rows: rows[1].update(arch=None), "arch-1", "case_upper_01.stl"),
        (lambda rows: rows[1].update(stage=None), "stage-1", "case_upper_01.stl"),
        (lambda rows: rows.pop(1), "", "Upper stage 1 is missing"),
        (lambda rows: rows[1].update(name="gone.stl"), "", "gone.stl"),
        (lambda rows: rows.clear(), "", "at least one"),
    ],
)
def test_a_wrong_match_is_refused_with_field_value_and_remedy_and_nothing_is_lost(cast, order, change, field, words):
    from midline.setups.tests.factories import make_import

    item = make_import(order, cast.technician.user, state=State.MATCHING)
    rows = proposed(item)
    change(rows)

    with pytest.raises(services.MappingRefused) as refused:
        services.import_map(item=item, mapping=rows, by=cast.technician.actor)

    assert list(refused.value.errors) == [field]
    assert words in refused.value.errors[field]
    item.refresh_from_db()
    assert (item.state, item.mapping) == (State.MATCHING, [])


def test_one_arch_alone_and_an_arch_that_ends_early_are_taken(cast, order):
    from midline.setups.tests.factories import make_import

    item = make_import(order, cast.technician.user, state=State.MATCHING)
    upper = [row for row in proposed(item) if row["arch"] == "upper"]
    assert len(services.import_map(item=item, mapping=upper, by=cast.technician.actor).mapping) == 5


def test_only_the_planner_imports(cast, order):
    other = lab_actor(UserFactory(is_technician=True))
    with pytest.raises(NotAllowedNow):
        services.import_begin(order=order, by=other, source=staged_zip(), filename="a.zip")
    for nobody in (cast.owner, cast.with_no_grant, cast.stranger, cast.other_provider):
        with pytest.raises(PermissionDenied):
            services.import_begin(order=order, by=nobody.actor, source=staged_zip(), filename="a.zip")
    with pytest.raises(NotAllowedNow):
        services.import_begin(order=order, by=cast.with_every_grant.actor, source=staged_zip(), filename="a.zip")


def test_nothing_is_imported_when_the_order_is_not_in_production(cast):
    with pytest.raises(NotAllowedNow):
        services.import_begin(order=cast.case.current_order, by=cast.technician.actor, source=staged_zip(), filename="a.zip")


def test_who_takes_over_goes_on_with_the_import(cast, order):
    from midline.setups.tests.factories import make_import

    item = make_import(order, cast.technician.user, state=State.MATCHING)
    order_move(order=order, event="hand_over", by=cast.technician.actor)
    other = lab_actor(UserFactory(is_technician=True))
    order_move(order=order, event="take", by=other)

    with pytest.raises(NotAllowedNow):
        services.import_discard(item=item, by=cast.technician.actor)
    assert services.import_map(item=item, mapping=proposed(item), by=other).state == State.BUILDING


def test_a_resumable_upload_becomes_an_import(cast, order):
    from midline.records import services as records
    from midline.records.models import Upload

    stored = files().store(staged_zip())
    upload = Upload.objects.create(
        person=cast.technician.user, workspace="lab", case=cast.case, order=order, purpose="setup", filename="a.zip", size=stored.size
    )
    records.upload_hand_over(upload=upload, stored=stored, by=cast.technician.actor)

    item = SetupImport.objects.get()
    assert (item.state, item.key, item.filename) == (State.READING, stored.key, "a.zip")


def test_the_sweep_of_files_leaves_what_versions_and_open_imports_name(cast, order):
    from midline.setups.queries import named_files
    from midline.setups.tests.factories import make_import

    item = make_import(order, cast.technician.user)
    assert item.version
    about = item.version.files["full"]
    kept = {about["key"], about["br_key"], about["gz_key"], item.version.pictures["front"]["key"], item.key}

    assert named_files([*kept, "aa/bb/none"]) == kept
    services.import_discard(item=item, by=cast.technician.actor)
    assert named_files([*kept]) == set()

"""A version before and after it is published."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from midline.activity.models import Event
from midline.cases.models import Case, Status
from midline.cases.tests.factories import move
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.storage import files
from midline.jobs import services as jobs
from midline.setups import queries, services
from midline.setups.models import Frozen, SetupImport, SetupVersion
from midline.setups.services.building import Built, import_built
from midline.setups.services.content import content_hash
from midline.setups.services.versions import neighbours
from midline.setups.tests.factories import make_import, make_version


@pytest.fixture
def item(cast):
    """A built import with its unpublished version, in the technician's hands."""
    order = move(cast.case, "take", technician=cast.technician.user).current_order
    assert order
    return make_import(order, cast.technician.user)


def numbers_of(version):
    return {part.key: part.fdi for part in version.parts.filter(kind="tooth")}


def test_confirming_numbers_works_the_movements_out_anew(cast, item):
    version = item.version
    before = version.movements.get(fdi=13, stage=4)
    numbers = numbers_of(version) | {"upper-01": 14}

    services.teeth_confirm(version=version, numbers=numbers, by=cast.technician.actor)

    assert not version.movements.filter(fdi=13).exists()
    after = version.movements.get(fdi=14, stage=4)
    assert after.buccal_mm == before.buccal_mm
    assert version.parts.get(key="upper-01").fdi_confidence == 1


def test_a_number_on_the_other_side_turns_mesial_round(cast, item):
    version = item.version
    part = version.parts.get(key="upper-03")
    part.poses = [[*row[:1], *row[1:]] for row in part.poses]
    for stage, row in enumerate(part.poses):
        row[0] += 0.1 * stage
    part.save()
    swapped = numbers_of(version) | {"upper-03": 21, "upper-04": 11}

    services.teeth_confirm(version=version, numbers=numbers_of(version), by=cast.technician.actor)
    right = version.movements.get(fdi=11, stage=4).mesial_mm
    services.teeth_confirm(version=version, numbers=swapped, by=cast.technician.actor)

    assert version.movements.get(fdi=21, stage=4).mesial_mm == pytest.approx(-right)


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"upper-01": 12}, "upper-02", "twice"),
        ({"upper-01": 43}, "upper-01", "other arch"),
        ({"upper-01": 19}, "upper-01", "no tooth 19"),
    ],
)
def test_a_wrong_number_is_refused_with_the_reason(cast, item, change, key, words):
    before = numbers_of(item.version)
    with pytest.raises(services.FieldsRefused) as refused:
        services.teeth_confirm(version=item.version, numbers=before | change, by=cast.technician.actor)

    assert words in refused.value.errors[key]
    assert numbers_of(item.version) == before


def test_a_tooth_without_a_number_has_no_movement_table(cast, item):
    services.teeth_confirm(version=item.version, numbers=numbers_of(item.version) | {"upper-01": None}, by=cast.technician.actor)

    assert not item.version.movements.filter(fdi=13).exists()


def test_the_plan_is_written_and_written_anew(cast, item):
    ipr = services.IprRow(11, 21, Decimal("0.20"), 3)
    button = services.AttachmentRow(13, "buccal", "Ellipsoid", "3.5 × 2 mm", 1, 4)
    for _again in range(2):
        services.plan_write(
            version=item.version, by=cast.technician.actor, iprs=[ipr], attachments=[button], wear_schedule="7 days", notes="IPR first."
        )

    version = SetupVersion.objects.get(pk=item.version_id)
    assert (version.iprs.get().amount_mm, version.attachments.get().size) == (Decimal("0.20"), "3.5 × 2 mm")
    assert (version.wear_schedule, version.notes) == ("7 days", "IPR first.")


@pytest.mark.parametrize(
    ("iprs", "attachments", "field"),
    [
        ([services.IprRow(11, 13, Decimal("0.2"), 1)], [], "ipr-0-tooth_b"),
        ([services.IprRow(11, 16, Decimal("0.2"), 1)], [], "ipr-0-tooth_b"),
        ([services.IprRow(19, 11, Decimal("0.2"), 1)], [], "ipr-0-tooth_a"),
        ([services.IprRow(11, 41, Decimal("0.2"), 1)], [], "ipr-0-tooth_b"),
        ([services.IprRow(11, 21, Decimal("1.2"), 1)], [], "ipr-0-amount_mm"),
        ([services.IprRow(11, 21, Decimal("0.2"), 5)], [], "ipr-0-before_stage"),
        ([services.IprRow(11, 21, Decimal("0.2"), 1), services.IprRow(21, 11, Decimal("0.1"), 1)], [], "ipr-1-tooth_a"),
        ([], [services.AttachmentRow(19, "buccal", "Ellipsoid", "", 0)], "attachment-0-tooth"),
        ([], [services.AttachmentRow(17, "buccal", "Ellipsoid", "", 0)], "attachment-0-tooth"),
        ([], [services.AttachmentRow(13, "top", "Ellipsoid", "", 0)], "attachment-0-surface"),
        ([], [services.AttachmentRow(13, "buccal", " ", "", 0)], "attachment-0-shape"),
        ([], [services.AttachmentRow(13, "buccal", "Ellipsoid", "", 9)], "attachment-0-added_stage"),
        ([], [services.AttachmentRow(13, "buccal", "Ellipsoid", "", 2, 2)], "attachment-0-removed_stage"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_field(cast, item, iprs, attachments, field):
    with pytest.raises(services.FieldsRefused) as refused:
        services.plan_write(version=item.version, by=cast.technician.actor, iprs=iprs, attachments=attachments)

    assert list(refused.value.errors) == [field]
    assert not item.version.iprs.exists()


@pytest.mark.parametrize(
    ("a", "b", "present", "touch"),
    [
        (11, 21, (), True),
        (42, 43, (), True),
        (14, 16, (), True),
        (13, 23, (), False),
        (11, 41, (), False),
        (11, 11, (), False),
        (13, 15, (13, 15, 16), True),
        (13, 15, (13, 14, 15), False),
        (11, 23, (11, 23), True),
    ],
)
def test_neighbours_touch_across_the_midline_and_where_no_tooth_stands_between(a, b, present, touch):
    assert neighbours(a, b, present) is touch


def test_publishing_needs_confirmed_numbers(cast, item):
    item.version.plan["teeth_confirmed"] = False
    item.version.save()

    with pytest.raises(NotAllowedNow):
        services.version_publish(version=item.version, by=cast.technician.actor)
    assert Case.objects.get(pk=cast.case.pk).status == Status.IN_PRODUCTION


@pytest.mark.parametrize(
    ("iprs", "attachments", "pontics", "numbers", "said"),
    [
        ([services.IprRow(11, 21, Decimal("0.2"), 1)], [], [], {"upper-04": None}, "Tooth 21 is not in this setup."),
        ([], [services.AttachmentRow(13, "buccal", "Ellipsoid", "", 1)], [], {"upper-01": 14}, "Tooth 13 is not in this setup."),
        ([], [], [services.PonticRow(15)], {"upper-01": 15}, "Tooth 15 is in this setup; a pontic stands in a gap."),
    ],
)
def test_a_plan_that_corrected_numbers_have_left_behind_is_not_published(cast, item, iprs, attachments, pontics, numbers, said):
    by = cast.technician.actor
    services.plan_write(version=item.version, by=by, iprs=iprs, attachments=attachments, pontics=pontics)
    services.teeth_confirm(version=item.version, numbers=numbers_of(item.version) | numbers, by=by)

    with pytest.raises(NotAllowedNow, match=said):
        services.version_publish(version=item.version, by=by)
    assert Case.objects.get(pk=cast.case.pk).status == Status.IN_PRODUCTION

    services.plan_write(version=item.version, by=by, iprs=[], attachments=[], pontics=[])
    assert services.version_publish(version=item.version, by=by).published_at


def test_publishing_freezes_the_version_and_every_row(cast, item):
    version = services.version_publish(version=item.version, by=cast.technician.actor)

    assert version.content_hash == content_hash(version)
    version.notes = "changed"
    with pytest.raises(Frozen):
        version.save()
    with pytest.raises(Frozen):
        version.delete()
    for row in (version.parts.all()[0], version.movements.all()[0]):
        with pytest.raises(Frozen):
            row.save()
        with pytest.raises(Frozen):
            row.delete()
    with pytest.raises(NotAllowedNow):
        services.plan_write(version=version, by=cast.technician.actor, iprs=[], attachments=[])
    with pytest.raises(NotAllowedNow):
        services.teeth_confirm(version=version, numbers={}, by=cast.technician.actor)


def test_publishing_twice_publishes_once(cast, item):
    services.version_publish(version=item.version, by=cast.technician.actor)
    services.version_publish(version=item.version, by=cast.technician.actor)

    assert Event.objects.filter(kind="setup.published").count() == 1
    item.refresh_from_db()
    assert item.state == SetupImport.State.PUBLISHED


@pytest.mark.parametrize("nobody", ["owner", "with_no_grant", "stranger"])
def test_nobody_else_publishes(cast, item, nobody):
    with pytest.raises(PermissionDenied):
        services.version_publish(version=item.version, by=getattr(cast, nobody).actor)


def test_a_published_version_survives_the_discarding_of_its_import(cast, item):
    services.version_publish(version=item.version, by=cast.technician.actor)

    with pytest.raises(NotAllowedNow):
        services.import_discard(item=item, by=cast.technician.actor)
    assert SetupVersion.objects.filter(pk=item.version_id).exists()


def test_discarding_a_built_import_takes_its_version_with_it(cast, item):
    services.import_discard(item=item, by=cast.technician.actor)

    assert not SetupVersion.objects.exists()


def test_the_hash_follows_every_word_and_number(cast, item):
    version = item.version
    seen = {content_hash(version)}
    by = cast.technician.actor
    version = services.plan_write(version=version, by=by, iprs=[], attachments=[], notes="a")
    seen.add(content_hash(version))
    version = services.plan_write(version=version, by=by, iprs=[services.IprRow(11, 21, Decimal("0.2"), 1)], attachments=[], notes="a")
    seen.add(content_hash(version))
    version = services.teeth_confirm(version=version, numbers=numbers_of(version) | {"upper-01": 14}, by=by)
    seen.add(content_hash(version))

    assert len(seen) == 4


def test_another_build_keeps_what_was_typed_and_asks_for_the_numbers_again(cast, item):
    by, old = cast.technician.actor, item.version
    services.plan_write(version=old, by=by, iprs=[services.IprRow(11, 21, Decimal("0.2"), 1)], attachments=[], notes="keep")
    services.teeth_confirm(version=old, numbers=numbers_of(old) | {"upper-01": 14}, by=by)
    services.import_map(item=item, mapping=item.mapping, by=by)
    item.refresh_from_db()
    parts = [
        {"key": p.key, "arch": p.arch, "kind": p.kind, "fdi": p.fdi, "fdi_confidence": 0.7, "moves": p.moves, "label_point": p.label_point}
        for p in old.parts.all()
    ]
    plan = {
        "stages": {"upper": 4, "lower": 4},
        "parts": parts,
        "poses": {p.key: p.poses for p in old.parts.all()},
        "frames": {p.key: p.frame for p in old.parts.filter(kind="tooth")},
        "error_um": old.error_um,
        "reference_point": "crown centre",
    }

    claimed = jobs.claim()
    assert claimed
    version = import_built(claim=claimed, item=item, built=Built(plan, old.files, old.pictures))

    assert (version.notes, version.iprs.get().tooth_b) == ("keep", 21)
    assert numbers_of(version)["upper-01"] == 14
    assert "teeth_confirmed" not in version.plan
    assert list(SetupVersion.objects.all()) == [version]


def test_the_plan_for_the_viewer_says_what_the_version_holds(cast):
    version = make_version(cast.case, cast.technician.user)

    plan = queries.plan_json(version, cast.owner.actor, {"preview": "/p.glb", "full": "/f.glb"})

    assert plan["stages"] == {"upper": 4, "lower": 4}
    assert plan["accuracy_um"] == {"teeth": 4.4, "gingiva": 12.0}
    assert len(plan["parts"]) == 14
    assert plan["movements"]["13"][-1][:3] == [4, 0.0, pytest.approx(0.4)] or len(plan["movements"]["13"]) == 4
    assert "pins" not in plan


def test_an_unpublished_version_is_its_planners_and_the_labs_alone(cast, item):
    seen = {
        name: queries.versions_for(getattr(cast, name).actor, item.case).exists()
        for name in ("owner", "with_every_grant", "with_no_grant", "technician", "stranger", "other_provider")
    }
    assert seen == dict.fromkeys(seen, False) | {"technician": True}


def test_a_planning_service_sees_its_own_version_and_not_the_labs(cast):
    service = cast.with_every_grant
    order = cast.case.current_order
    from midline.cases.services import order_move

    order_move(order=order, event="take", by=service.actor)
    own = make_version(cast.case, service.user, published=False)
    assert list(queries.versions_for(service.actor, cast.case)) == [own]

    order_move(order=order, event="hand_over", by=service.actor)
    assert not queries.versions_for(service.actor, cast.case).exists()


def test_the_store_holds_what_the_rows_name(cast, item):
    for about in item.version.files.values():
        assert files().exists(about["br_key"])
    assert item.added_at <= clock.now()

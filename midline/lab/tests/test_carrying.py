"""What an import takes over from the one before: answers by name, tooth numbers by place; IPR and attachments are offered."""

import pytest

from midline.cases.tests.factories import move
from midline.lab.import_page import PlanRows, file_rows, mapping_posted
from midline.lab.import_page.offers import offers_of
from midline.setups import services
from midline.setups.models import Part, SetupImport
from midline.setups.services.carrying import answers_before, left_before, left_of, numbers_by_position
from midline.setups.tests.factories import make_import

State = SetupImport.State


@pytest.fixture
def order(cast):
    return move(cast.case, "take", technician=cast.technician.user).current_order


@pytest.fixture
def item(cast, order):
    return make_import(order, cast.technician.user)


def another(cast, order, item):
    """The import that takes the place of `item`."""
    services.import_discard(item=item, by=cast.technician.actor)
    return make_import(order, cast.technician.user, state=State.MATCHING)


def test_files_of_equal_name_are_answered_as_before(cast, order, item):
    item.mapping = [row | {"stage": 9} if row["name"] == "case_upper_03.stl" else row for row in item.mapping if row["stage"] != 4]
    item.save()
    later = another(cast, order, item)
    later.report["carried"] = answers_before(later, later.report)
    later.save()

    rows = {row.name: row for row in file_rows(later)}
    assert (rows["case_upper_03.stl"].stage, rows["case_upper_03.stl"].answer, rows["case_upper_03.stl"].doubtful) == ("9", "take", False)
    assert rows["case_upper_04.stl"].answer == "leave"
    assert "case_lower_05.stl" not in later.report["carried"], "a file that is refused has no answer"
    mapping, errors = mapping_posted(later, {})
    assert not errors
    assert {row["name"] for row in mapping} == {row["name"] for row in item.mapping}


def test_a_file_of_another_name_and_a_file_of_another_part_are_asked_about(cast, order, item):
    later = another(cast, order, item)
    later.report["files"][0]["name"] = "new_upper_00.stl"
    later.report["files"][1]["part"] = "tooth"
    carried = answers_before(later, later.report)
    assert not {"new_upper_00.stl", later.report["files"][1]["name"]} & carried.keys()


def test_a_plan_that_gave_way_to_another_zip_is_offered_and_not_taken_unasked(cast, order, item):
    item.version.iprs.create(tooth_a=11, tooth_b=21, amount_mm="0.20", before_stage=2)
    item.version.attachments.create(tooth=13, shape="Ellipsoid", added_stage=1)
    item.version.pontics.create(tooth=14)
    item.version.extractions.create(tooth=13, before_stage=2)
    services.import_discard(item=item, by=cast.technician.actor)
    later = make_import(order, cast.technician.user)
    assert later.version
    assert not later.version.iprs.exists()

    offers = offers_of(later, later.version)
    assert offers.before == 1
    rows = PlanRows.of(later.version)
    rows.take_before(offers)
    assert [row["amount_mm"] for row in rows.rows["ipr"]] == ["0.20"]
    services.plan_write(version=later.version, by=cast.technician.actor, **rows.typed())
    assert list(later.version.pontics.values_list("tooth", "until_stage")) == [(14, None)]
    assert list(later.version.extractions.values_list("tooth", "before_stage")) == [(13, 2)]
    assert later.version.attachments.get().removed_stage is None
    assert offers_of(later, later.version).before == 0, "what is taken is not offered again"


def test_the_published_version_before_is_offered_to_the_next(cast, order, item):
    item.version.iprs.create(tooth_a=11, tooth_b=21, amount_mm="0.20", before_stage=2)
    services.version_publish(version=item.version, by=cast.technician.actor)
    later = SetupImport(case_id=item.case_id, pk=item.pk + 1)
    found = left_before(later)
    assert found
    assert (found[0], len(found[1]["ipr"]), len(found[1]["teeth"])) == (1, 1, 12)


def test_teeth_that_stand_where_numbered_ones_stood_get_their_numbers(item):
    places = left_of(item.version)["teeth"]
    moved = [[arch, x + 0.5, y, z, fdi] for arch, x, y, z, fdi in places if fdi != 13]
    parts = list(item.version.parts.filter(kind="tooth"))
    for part in parts:
        part.fdi, part.fdi_confidence = (48 if part.arch == "lower" else 18), 0.4
    given = numbers_by_position(parts, moved)
    assert given == 11
    numbers = {part.key: part.fdi for part in parts}
    kept = {part.key: part.fdi for part in Part.objects.filter(version=item.version, kind="tooth") if part.fdi != 13}
    assert {key: numbers[key] for key in kept} == kept
    assert [part.fdi for part in parts if part.key not in kept] == [18], "a tooth that stood elsewhere keeps its proposal"


def test_numbers_that_the_files_say_outweigh_places_and_other_arches_lend_none(item):
    parts = list(item.version.parts.filter(kind="tooth"))
    places = left_of(item.version)["teeth"]
    assert numbers_by_position(parts, places) == 0, "confidence 1.0: the files named them"
    for part in parts:
        part.fdi_confidence = 0.5
    other = [["lower" if arch == "upper" else "upper", x, y, z, fdi] for arch, x, y, z, fdi in places]
    assert numbers_by_position(parts, other) == 0


def test_attachments_of_the_models_are_offered_with_tooth_surface_and_stages(item):
    version = item.version
    key = version.parts.get(fdi=13).key
    found = {"key": key, "fdi": None, "added": 1, "removed": 3}
    version.plan["attachments_found"] = [found | {"point": [0, 2, 0]}, found | {"point": [0, -2, 0], "removed": None}]
    version.plan["reductions_found"] = [{"key": key, "fdi": 13, "stage": 2, "point": [0, 0, 0]}]
    offers = offers_of(item, version)
    assert [(row["tooth"], row["surface"], row["removed_stage"]) for row in offers.attachments] == [
        ("13", "buccal", "3"),
        ("13", "lingual", ""),
    ]
    assert offers.reduced == ["13 from stage 2"]
    rows = PlanRows.of(version)
    rows.take_found(offers)
    assert not services.plan_errors(version, **rows.typed())
    version.attachments.create(tooth=13, shape="Box", added_stage=1)
    assert offers_of(item, version).attachments == [], "one that has a row is not offered"

"""Teeth that are taken out, gaps that are filled, attachments that the models carry: page, viewer, comparison, paper."""

import json
import re
from decimal import Decimal

import pytest

from midline.cases.tests.factories import move
from midline.core import clock
from midline.setups.comparison import comparison
from midline.setups.models import IPR, Attachment, Extraction, Movement, Part, Pontic, SetupVersion
from midline.setups.overlay import overlay_json
from midline.setups.services.content import content_hash
from midline.setups.summary.facts import summary_of
from midline.setups.tests.factories import make_version


@pytest.fixture
def two(cast) -> tuple[SetupVersion, SetupVersion]:
    """Version 1 takes out 12 before stage 2; version 2 before stage 3, and 38 before the treatment, and it fills the gap of 14."""
    case = move(cast.case, "take", technician=cast.technician.user)
    first = make_version(case, cast.technician.user, published=False)
    Extraction.objects.create(version=first, tooth=12, before_stage=2)
    second = make_version(case, cast.technician.user, 2, published=False)
    Extraction.objects.create(version=second, tooth=12, before_stage=3)
    Extraction.objects.create(version=second, tooth=38, before_stage=0)
    Pontic.objects.create(version=second, tooth=14, until_stage=None)
    IPR.objects.create(version=second, tooth_a=21, tooth_b=22, amount_mm=Decimal("0.10"), before_stage=2)
    SetupVersion.objects.update(published_at=clock.now(), content_hash="x")
    move(case, "publish", technician=cast.technician.user, version=2)
    return SetupVersion.objects.get(pk=first.pk), SetupVersion.objects.get(pk=second.pk)


def page_of(cast, version: SetupVersion) -> str:
    return str(cast.owner.client.get(f"/provider/cases/{version.case.number}/setups/{version.number}/").content.decode())


def plan_of(page: str) -> dict[str, list[dict[str, object]]]:
    block = re.search(r'id="setup-plan"[^>]*>(.*?)</script>', page)
    assert block
    found: dict[str, list[dict[str, object]]] = json.loads(block[1])
    return found


def chart_button(page: str, fdi: int) -> str:
    found = re.search(rf'<button[^>]*data-tooth="{fdi}"[^>]*>', page)
    assert found
    return found[0]


def test_the_tooth_chart_crosses_what_is_taken_out_and_marks_what_fills_a_gap(cast, two):
    page = page_of(cast, two[1])

    assert "data-out" in chart_button(page, 12)
    assert "disabled" not in chart_button(page, 12)
    assert "data-pontic" in chart_button(page, 14)
    assert "data-out" in chart_button(page, 38), "a wisdom tooth that no model has gets its place in the chart"
    assert "data-out" not in chart_button(page, 11)
    assert 'data-tooth="28"' not in page


def test_the_plan_says_when_each_is_due_without_a_script(cast, two):
    page = " ".join(re.sub(r"<[^>]+>", " ", page_of(cast, two[1])).split())

    assert "Extractions and pontics 38 Extraction before the treatment begins 12 Extraction before stage 3 14 Pontic to the end" in page


def test_a_plan_without_them_says_nothing_of_them(cast, two):
    Extraction.objects.filter(version=two[0])._raw_delete(using="default")

    assert "Extractions and pontics" not in page_of(cast, two[0])


def test_the_viewer_gets_the_extractions_of_this_version_and_of_the_one_laid_over(cast, two):
    assert plan_of(page_of(cast, two[1]))["extractions"] == [{"fdi": 38, "before_stage": 0}, {"fdi": 12, "before_stage": 3}]
    assert overlay_json(two[1], two[0], "/x")["extractions"] == [{"fdi": 12, "before_stage": 2}]


def test_what_changed_names_extractions_and_pontics_at_the_stage_where_they_are_seen(cast, two):
    found = comparison(two[1].case, two[1], two[0], cast.owner.actor)
    rows = {(row.change.kind, row.change.teeth): (row.was, row.now, row.stage) for row in found.rows}

    assert rows["extraction", (12,)] == ("before stage 2", "before stage 3", 3)
    assert rows["extraction", (38,)] == ("none", "before the treatment begins", 0)
    assert rows["pontic", (14,)] == ("none", "to the end", 0)
    assert "Extractions or pontics changed at 3 teeth." in found.sentences()
    assert not any(row.change.asked for row in found.rows)


def test_the_paper_has_a_chart_and_a_table_of_them(cast, two):
    found = summary_of(two[1], cast.owner.actor, "en")

    assert found.gaps.rows == [
        ["38", "Extraction", "before the treatment begins"],
        ["12", "Extraction", "before stage 3"],
        ["14", "Pontic", "to the end"],
    ]
    assert set(found.chart.out) == {12, 38}
    assert set(found.chart.pontics) == {14}
    assert {12, 14, 38} <= found.chart.numbers.keys()
    paper = cast.owner.client.get(f"/provider/cases/{two[1].case.number}/setups/2/summary.pdf")
    assert paper.getvalue().startswith(b"%PDF-")


def test_an_extraction_is_part_of_what_a_decision_is_bound_to(two):
    before = content_hash(two[0])
    Extraction.objects.filter(version=two[0]).update(before_stage=4)

    assert content_hash(two[0]) != before


def test_a_shape_that_the_models_carry_belongs_to_the_attachment_of_its_tooth_and_stage(cast, two):
    version = two[0]
    key = version.parts.get(fdi=13).key
    seen = {"key": key, "fdi": 99, "added": 2, "removed": None, "point": [0, -3, 1]}
    SetupVersion.objects.filter(pk=version.pk).update(plan=version.plan | {"attachments_found": [seen]})
    Attachment.objects.bulk_create(
        Attachment(version=version, tooth=tooth, shape="Ellipsoid", added_stage=added)
        for tooth, added in ((13, 2), (13, 2), (13, 3), (23, 2))
    )

    shapes = [(row["fdi"], row["added"], row["shape_at"]) for row in plan_of(page_of(cast, version))["attachments"]]
    assert shapes == [(13, 2, [0, -3, 1]), (13, 2, None), (23, 2, None), (13, 3, None)]


def test_arches_whose_teeth_are_not_told_apart_offer_nothing_that_needs_teeth(cast, two):
    first, second = two
    Part.objects.filter(version=second, kind="tooth")._raw_delete(using="default")
    Movement.objects.filter(version=second)._raw_delete(using="default")
    page = page_of(cast, second)

    assert "do not tell one tooth from another" in page
    for part in ("data-tooth=", "data-movement-table", 'data-tool="superimpose"', 'data-tool="contacts"', "data-all-movements"):
        assert part not in page
    assert 'data-tool="grid"' in page
    assert "how they move could not be compared" in page
    assert "Every tooth is planned as in version 1" not in page
    assert comparison(second.case, second, first, cast.owner.actor).teeth_unknown

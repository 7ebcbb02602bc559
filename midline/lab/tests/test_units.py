"""Models that are too small for millimetres: the unit is asked, kept with the match, applied in the build and shown."""

import numpy as np
import pytest

from midline.jobs import services as jobs
from midline.lab.tests.pages import text, url
from midline.lab.tests.test_supplying import begun, file_of
from midline.setups.models import SetupImport
from midline.setups.services.content import content_of
from midline.setups.tests import zips
from midline.setups.tests.zips import staged_files, stl, zipped

State = SetupImport.State
pytestmark = [pytest.mark.slow, pytest.mark.once]


def in_unit(factor, stages=1):
    """The staged case as a program exports it that counts in another unit."""
    arches = {"upper": 0, "lower": 0}
    return {
        f"case_{arch}_{stage:02d}.stl": stl(zips._arch(arch, stage) * np.float32(1 / factor))
        for arch in arches
        for stage in range(stages + 1)
    }


def answered(item):
    return {f"{kind}-{n}": str(row[kind]) for n, row in enumerate(item.report["files"]) for kind in ("arch", "stage")}


def test_inches_are_asked_for_scaled_and_shown_and_asked_again_with_the_answer_of_before(cast, lab, order):
    item = begun(lab, cast.case, order, zipped(in_unit(25.4)).getvalue())
    assert not any(row["refused"] for row in item.report["files"])
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "In which unit were the models exported?" in page
    assert "Inches" in page
    assert 'value="in" checked' not in page, "asked, never assumed"

    waits = lab.post(url("import_match", cast.case, item.pk), answered(item))
    assert waits.status_code == 422
    assert "Choose the unit, then save." in text(waits)
    for wrong in ("mm", "furlong", "m"):
        assert lab.post(url("import_match", cast.case, item.pk), answered(item) | {"unit": wrong}).status_code == 422

    assert lab.post(url("import_match", cast.case, item.pk), answered(item) | {"unit": "in"}).status_code == 302
    jobs.run_all()
    item.refresh_from_db()
    assert item.version, item.error
    assert {row["scale"] for row in item.mapping} == {25.4}
    assert content_of(item.version)["scale"] == 25.4
    assert "exported in inches and are shown scaled by 25.4" in text(lab.get(url("import", cast.case, item.pk)))
    crowns = [part.frame[0][3] for part in item.version.parts.filter(kind="tooth") if part.frame]
    assert 45 < max(crowns) - min(crowns) < 55, "millimetres"

    later = begun(lab, cast.case, order, zipped(in_unit(25.4)).getvalue())
    assert 'value="in" checked' in text(lab.get(url("import", cast.case, later.pk)))


def test_the_unit_that_was_chosen_outlives_a_file_supplied_alone(cast, lab, order):
    files = in_unit(10.0, stages=2)
    lacking = files.pop("case_lower_01.stl")
    item = begun(lab, cast.case, order, zipped(files).getvalue())
    posted = answered(item) | {"unit": "cm", "files": [file_of("case_lower_01.stl", lacking)]}
    assert lab.post(url("import_supply", cast.case, item.pk), posted).status_code == 302
    jobs.run_all()
    assert 'value="cm" checked' in text(lab.get(url("import", cast.case, item.pk)))


def test_millimetres_ask_nothing(cast, lab, order):
    item = begun(lab, cast.case, order, zipped(staged_files(0)).getvalue())

    assert item.report["unit"] is None
    assert "In which unit" not in text(lab.get(url("import", cast.case, item.pk)))

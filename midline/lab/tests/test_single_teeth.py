"""An export with a file a tooth a stage, and a setup package, from the upload to the published version."""

import re

import pytest
from django.urls import reverse

from midline.cases.models import Case, Status
from midline.jobs import services as jobs
from midline.lab.tests.pages import text, url
from midline.setups.models import SetupImport
from midline.setups.numbers import UNIVERSAL_NUMBERS
from midline.setups.services.content import content_of
from midline.setups.tests.zips import NUMBERS, staged_files, stl, tooth_files, zipped

State = SetupImport.State
pytestmark = [pytest.mark.slow, pytest.mark.once]


def upload(client, case, order, files, **more):
    source = zipped(files)
    source.name = "Testdatter.zip"
    answer = client.post(url("import_add", case, order.pk), {"file": source, **more})
    assert answer.status_code == 302
    jobs.run_all()
    return SetupImport.objects.latest("pk")


def built(client, case, item, **fields):
    assert client.post(url("import_match", case, item.pk), fields).status_code == 302
    jobs.run_all()
    item = SetupImport.objects.get(pk=item.pk)
    assert item.state == State.BUILT, item.error
    return item


def test_an_export_of_single_teeth_goes_from_its_zip_to_the_review(cast, lab, order):
    extra = {"Stage 00/Upper_template.stl": tooth_files(0)["Stage 00/upper_gingiva.stl"], "ipr.csv": b"tooth_a;tooth_b"}
    item = upload(lab, cast.case, order, tooth_files(2) | extra)
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "read as FDI" in page
    assert "ipr.csv" in page
    assert "1 file of the ZIP is no model" in page
    assert "Kept beside the stages" in page
    assert page.count("data-row=") == 1, "only the template has a row; the teeth stand in the grid"
    assert page.count('value="change-') == 3 * 18

    item = built(lab, cast.case, item)
    version = item.version
    assert (version.stages_upper, version.stages_lower) == (2, 2)
    assert sorted(version.parts.filter(kind="tooth").values_list("fdi", flat=True)) == sorted(NUMBERS["upper"] + NUMBERS["lower"])
    assert version.stages.count() == 6
    assert version.plan["beside"] == [{"name": "Stage 00/Upper_template.stl", "kind": "template"}]
    assert set(version.movements.values_list("fdi", flat=True)) == {11, 41}
    assert "1 model is kept beside the stages: Template." in text(lab.get(url("import", cast.case, item.pk)))

    numbers = {f"tooth-{part.key}": part.fdi for part in version.parts.filter(kind="tooth")}
    assert lab.post(url("import_teeth", cast.case, item.pk), numbers).status_code == 302
    assert lab.post(url("import_publish", cast.case, item.pk), {}).status_code == 302
    assert Case.objects.get(pk=cast.case.pk).status == Status.AWAITING_APPROVAL
    review = text(cast.owner.client.get(reverse("setups:review", args=["provider", cast.case.number, 1])))
    assert '"fdi": 11' in review or '"fdi":11' in review


def test_numbers_in_universal_are_found_and_another_system_can_be_chosen(cast, lab, order):
    names = {fdi: name for name, fdi in UNIVERSAL_NUMBERS.items() if not name.isalpha()}
    item = upload(lab, cast.case, order, tooth_files(0, names=names))
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "read as Universal" in page
    assert re.search(r"8 → 11|5 → 14", page)

    other = lab.post(url("import_match", cast.case, item.pk), {"act": "numbering-FDI"})
    assert other.status_code == 200
    assert "read as FDI" in text(other)
    assert "is no tooth number in FDI" in text(other)
    item.refresh_from_db()
    assert item.state == State.MATCHING, "looking changes nothing"

    item = built(lab, cast.case, item, numbering="Universal")
    assert 11 in item.version.parts.values_list("fdi", flat=True)


def test_a_file_of_the_grid_is_corrected_and_a_tooth_that_lacks_a_stage_is_told(cast, lab, order):
    files = tooth_files(2)
    files["Stage 02/Tooth_28.stl"] = files.pop("Stage 02/Tooth_24.stl")
    item = upload(lab, cast.case, order, files)
    at = next(n for n, row in enumerate(item.report["files"]) if row["name"] == "Stage 02/Tooth_28.stl")
    picked = text(lab.post(url("import_match", cast.case, item.pk), {"act": f"change-{at}"}))
    assert f'name="fdi-{at}"' in picked

    wrong = lab.post(url("import_match", cast.case, item.pk), {f"fdi-{at}": "23", "changing": str(at)})
    assert wrong.status_code == 422
    assert "Tooth 23 stage 2 is given to" in text(wrong)
    wrong = lab.post(url("import_match", cast.case, item.pk), {f"fdi-{at}": "36", "changing": str(at)})
    assert "stands in the other arch" in text(wrong)

    item = built(lab, cast.case, item, **{f"fdi-{at}": "24", "changing": str(at)})
    assert 28 not in item.version.parts.values_list("fdi", flat=True)

    files.pop("Stage 01/Tooth_11.stl")
    item = upload(lab, cast.case, order, files, replaces="on")
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "1 missing" in page
    refused = lab.post(url("import_match", cast.case, item.pk), {})
    assert "Tooth 11 stage 1 is missing" in text(refused)


def test_one_question_about_a_tooth_is_asked_once_for_all_its_stages(cast, lab, order):
    files = tooth_files(2)
    strange = {name.replace("/Tooth_24.", "/Tooth_99."): content for name, content in files.items()}
    item = upload(lab, cast.case, order, strange)
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert page.count("data-row=") == 1
    assert "3 files, stages 0–2" in page
    at = next(n for n, row in enumerate(item.report["files"]) if "_99" in row["name"])

    waits = lab.post(url("import_match", cast.case, item.pk), {})
    assert "waits for an answer" in text(waits)

    item = built(lab, cast.case, item, **{f"arch-{at}": "upper", f"fdi-{at}": "24", f"answer-{at}": "take"})
    assert 24 in item.version.parts.values_list("fdi", flat=True)


def test_a_setup_package_is_built_without_a_match_and_brings_its_plan(cast, lab, order, settings):
    path = settings.BASE_DIR / "docs/examples/setup-package/setup-package.zip"
    with path.open("rb") as source:
        assert lab.post(url("import_add", cast.case, order.pk), {"file": source}).status_code == 302
    jobs.run_all()
    item = SetupImport.objects.get()
    assert item.state == State.BUILT, item.error
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "This is a setup package." in page
    assert "Save and build again" not in page
    version = item.version
    assert version
    assert version.plan["teeth_confirmed"]
    assert version.iprs.exists()
    assert version.attachments.exists()
    assert list(version.extractions.values_list("tooth", "before_stage")) == [(38, 0)]
    assert content_of(version)["gaps"]["extractions"] == version.plan["package"]["extractions"]
    assert lab.post(url("import_publish", cast.case, item.pk), {}).status_code == 302


def test_another_zip_of_the_case_has_its_answers_and_tooth_numbers_from_the_one_before(cast, lab, order):
    files = staged_files(1)
    item = built(lab, cast.case, upload(lab, cast.case, order, files))
    numbers = {part.key: fdi for arch in ("upper", "lower") for part, fdi in zip(teeth_of(item, arch), NUMBERS[arch], strict=True)}
    assert lab.post(url("import_teeth", cast.case, item.pk), {f"tooth-{key}": fdi for key, fdi in numbers.items()}).status_code == 302

    later = upload(lab, cast.case, order, files, replaces="on")
    assert "4 files are answered as in the upload before" in text(lab.get(url("import", cast.case, later.pk)))
    later = built(lab, cast.case, later)
    assert {part.key: part.fdi for arch in NUMBERS for part in teeth_of(later, arch)} == numbers
    page = text(lab.get(url("import", cast.case, later.pk)))
    assert "stand where they stood in version 1" in page
    assert "confirm the tooth numbers, then publish" in page, "a person still confirms them"


def teeth_of(item, arch):
    return list(item.version.parts.filter(kind="tooth", arch=arch).order_by("key"))


def test_what_is_no_model_stays_named_and_a_broken_one_does_not_spoil_the_rest(cast, lab, order):
    files = tooth_files(1) | {"Stage 01/broken.stl": stl(tooth_triangles())[:200]}
    item = upload(lab, cast.case, order, files)
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "Cut off" in page
    assert built(lab, cast.case, item).version


def tooth_triangles():
    from midline.setups.tests import zips

    return zips._tooth(-1.0, 0, 0)

"""CSV of IPR, attachments and movements: templates, errors that say where, preview in the form, and the plan."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from midline.lab.import_page.tables import number_of, read_table, template
from midline.lab.tests.pages import text, url
from midline.setups.models import Attachment
from midline.setups.services.content import content_hash
from midline.setups.tests.factories import TEETH, make_import

PRESENT = {fdi for numbers in TEETH.values() for fdi in numbers}


@pytest.fixture(autouse=True)
def english():
    """Sentences are compared in English, and a reader's language ends with the test."""
    with translation.override("en"):
        yield


@pytest.fixture
def item(cast, order):
    return make_import(order, cast.technician.user)


def read(kind, words, numbering=""):
    return read_table(kind, words.encode(), present=PRESENT, numbering=numbering)


def post(lab, case, item, act, kind="", words="", **fields):
    files = {f"{kind}-file": SimpleUploadedFile("t.csv", words.encode())} if kind else {}
    return lab.post(url("import_plan", case, item.pk), {"act": act} | files | fields)


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_columns_are_parted_by_semicolons_commas_or_tabs(mark):
    words = "\ufeff" + "\r\n".join([mark.join(["tooth_a", "tooth_b", "amount_mm", "before_stage"]), mark.join(["11", "21", "0.2", "2"])])
    assert read("ipr", words).rows == [{"tooth_a": "11", "tooth_b": "21", "amount_mm": "0.2", "before_stage": "2"}]


@pytest.mark.parametrize(
    ("written", "number"),
    [("0,25", "0.25"), ("0.25", "0.25"), ("−1", "-1"), ("1.234,5", ""), ("1e3", ""), ("NaN", ""), ("", ""), (".", "")],
)
def test_a_decimal_comma_is_a_number_and_a_thousands_point_is_not(written, number):
    assert number_of(written) == number


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tooth_a;tooth_b;amount_mm;before_stage\n11;21;x;2", "Row 2, column “amount_mm”: “x”. Enter a number"),
        ("tooth_a;tooth_b;amount_mm;before_stage\n\n11;;0,2;2", "Row 3, column “tooth_b”: “”. Fill it in."),
        ("tooth_a;tooth_b;amount_mm;before_stage\n99;21;0,2;2", "Row 2, column “tooth_a”: “99”. It is no tooth in FDI"),
        ("tooth_a;tooth_b;amount_mm;before_stage\n11;21;0,2;2.5", "Row 2, column “before_stage”: “2.5”. Enter a whole number."),
        ("tooth_a;tooth_b;amount_mm\n11;21;0,2", "has no column “before_stage”"),
        ("tooth_a;tooth_b;amount_mm;before_stage;colour\n", "“colour” is not known"),
        ("tooth_a,tooth_b,amount_mm,before_stage\n11,21,0,2,2", "Row 2 has 5 fields; the heading has 4"),
        ("", "The file is empty"),
        ("tooth_a;tooth_b;amount_mm;before_stage\n", "no rows"),
        ('tooth_a;"tooth_b\n', "a quotation mark is not closed"),
        ("a\0b", "The file is no CSV"),
    ],
)
def test_an_error_names_row_column_value_and_remedy(words, said):
    table = read("ipr", words)
    assert any(said in error for error in table.errors), table.errors


def test_what_is_not_utf_8_or_too_large_is_refused():
    assert "UTF-8" in read_table("ipr", b"\xff\xfe", present=PRESENT).errors[0]
    assert "KB is the most" in read_table("ipr", b"x" * 1_000_001, present=PRESENT).errors[0]


def test_the_numbering_follows_from_the_teeth_of_the_setup_and_can_be_given():
    universal = "tooth;shape;added_stage\n8;Ellipsoid;1\n22;Ellipsoid;1"
    found = read("attachment", universal)
    assert (found.system, [row["tooth"] for row in found.rows]) == ("Universal", ["11", "33"])
    assert read("attachment", universal, "FDI").errors
    palmer = read("attachment", "tooth;shape;added_stage\nUR1;Ellipsoid;1")
    assert [row["tooth"] for row in palmer.rows] == ["11"]


def test_ipr_and_attachments_of_a_csv_fill_the_form_and_are_saved_with_it(cast, lab, item):
    page = post(lab, cast.case, item, "csv-ipr", "ipr", "tooth_a;tooth_b;amount_mm;before_stage\n11;21;0,2;2", notes="Typed before")
    assert page.status_code == 200
    assert "1 row read, tooth numbers as FDI." in text(page)
    assert 'name="ipr-0-amount_mm" value="0.2"' in text(page)
    assert "Typed before" in text(page)
    assert not item.version.iprs.exists(), "reading saves nothing"

    wrong = post(lab, cast.case, item, "csv-ipr", "ipr", "tooth_a;tooth_b;amount_mm;before_stage\n11;13;0,2;40")
    assert wrong.status_code == 422
    assert "Row 2, column “tooth_b”: 11 and 13 do not touch." in text(wrong)
    assert "Row 2, column “before_stage”: Stage 40 is not in this setup." in text(wrong)
    assert post(lab, cast.case, item, "csv-ipr").status_code == 422

    page = post(
        lab, cast.case, item, "csv-attachment", "attachment", "tooth;surface;shape;size;added_stage;removed_stage\n13;palatal;Box;;1;"
    )
    assert 'name="attachment-0-shape" value="Box"' in text(page)


def movements(stages=4, teeth=(13, 12, 11, 43, 42, 41), mesial="0,5"):
    lines = ["tooth;stage;mesial_mm;buccal_mm;occlusal_mm;rotation_deg;tip_deg;torque_deg"]
    return "\n".join([*lines, *(f"{fdi};{stage};{mesial};0;0;1,5;0;-2" for fdi in teeth for stage in range(1, stages + 1))])


def test_the_labs_movements_take_the_place_of_the_worked_out_ones(cast, lab, item):
    version = item.version
    before = content_hash(version)
    worked_out = set(version.movements.values_list("mesial_mm", flat=True))
    page = post(lab, cast.case, item, "csv-movements", "movements", movements())
    assert page.status_code == 200
    assert "24 rows read" in text(page)
    assert "below in small figures what is worked out" in text(page)
    carried = page.context["plan"].movements_text

    saved = lab.post(url("import_plan", cast.case, item.pk), {"act": "save", "movements-csv": carried, "reference_point": "incisal edge"})
    assert saved.status_code == 302
    version.refresh_from_db()
    assert set(version.movements.values_list("mesial_mm", flat=True)) == {0.5}
    assert (version.plan["movement_source"], version.plan["reference_point"]) == ("lab", "incisal edge")
    assert content_hash(version) != before
    assert "The values are the lab&#x27;s own." in text(lab.get(url("import", cast.case, item.pk)))

    numbers = {f"tooth-{part.key}": part.fdi for part in version.parts.filter(kind="tooth")}
    lab.post(url("import_teeth", cast.case, item.pk), numbers)
    assert set(version.movements.values_list("mesial_mm", flat=True)) == {0.5}, "confirming numbers does not work the lab's table over"
    key = version.parts.get(fdi=13).key
    refused = lab.post(url("import_teeth", cast.case, item.pk), numbers | {f"tooth-{key}": "14"})
    assert "The movements that the lab gave name tooth 13" in text(refused)

    lab.post(url("import_plan", cast.case, item.pk), {"act": "save", "movements-computed": "on"})
    version.refresh_from_db()
    assert set(version.movements.values_list("mesial_mm", flat=True)) == worked_out
    assert version.plan["movement_source"] == "computed"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (movements(stages=3), "Tooth 11 has no row for stage 4."),
        (movements(stages=5), "Tooth 11 has a row for stage 5."),
        (movements(teeth=(13, 12)), "Tooth 11 moves in the models and has no rows."),
        (movements(teeth=(13, 12, 11, 41, 42, 43, 18)), "Tooth 18 is not in this setup."),
        (movements(mesial="200"), "200 is no movement of a tooth."),
        (movements() + "\n11;1;0;0;0;0;0;0", "tooth 11 has stage 1 in row 10 already"),
    ],
)
def test_a_table_that_does_not_fit_the_setup_is_refused(cast, lab, item, words, said):
    answer = post(lab, cast.case, item, "csv-movements", "movements", words)
    assert answer.status_code == 422
    assert said in text(answer)
    assert item.version.movements.exists()


def test_a_table_changed_between_reading_and_saving_is_checked_again(cast, lab, item):
    answer = lab.post(url("import_plan", cast.case, item.pk), {"act": "save", "movements-csv": movements(stages=3)})
    assert answer.status_code == 422
    assert "has no row for stage 4" in text(answer)


@pytest.mark.parametrize("kind", ["ipr", "attachment", "pontic", "extraction", "movements"])
def test_a_template_is_filled_with_what_stands_and_reads_back(cast, lab, item, kind):
    version = item.version
    version.iprs.create(tooth_a=11, tooth_b=21, amount_mm="0.20", before_stage=2)
    version.attachments.create(tooth=13, shape="=HYPERLINK(1)", added_stage=1)
    version.pontics.create(tooth=14, until_stage=2)
    version.extractions.create(tooth=34, before_stage=0)
    answer = lab.get(url("import_table", cast.case, item.pk, kind))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{cast.case.number}_{kind}.csv"'
    content = answer.content
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert len(lines) == (25 if kind == "movements" else 2)
    if kind == "attachment":
        assert lines[1][2].startswith("'"), "no cell is a formula"
    if kind != "movements":
        assert not read_table(kind, content, present=PRESENT).errors
    with translation.override("de"):
        assert kind != "ipr" or "0,20" in template(kind, version)
    assert lab.get(url("import_table", cast.case, item.pk, "teeth")).status_code == 404


def test_the_usual_reference_point_is_stored_once_for_all_languages(cast, lab, item):
    cast.technician.user.language = "de"
    cast.technician.user.save()
    fields = {"act": "save", "movements-csv": movements().replace(",", "."), "reference_point": "Kronenmitte"}
    assert lab.post(url("import_plan", cast.case, item.pk), fields, headers={"accept-language": "de"}).status_code == 302
    item.version.refresh_from_db()
    assert item.version.plan["reference_point"] == "crown centre"


@pytest.mark.parametrize("shape", ["=1+1", "@SUM(A1)", "\uff1d1+1", "+1", "-1"])
def test_no_cell_of_a_template_is_a_formula_and_it_reads_back(item, shape):
    item.version.attachments.all().delete()
    Attachment.objects.create(version=item.version, tooth=11, shape=shape, added_stage=0)

    words = template("attachment", item.version)

    assert f";'{shape};" in words
    assert read_table("attachment", words.encode(), present={11}).rows[0]["shape"] == shape

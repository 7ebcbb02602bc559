"""Something in a ZIP is broken: files come by themselves, or the import goes on without what was refused."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from midline.core.storage import files as store
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.lab.import_page.names import Names
from midline.lab.import_page.trouble import report_text
from midline.lab.tests.pages import text, url
from midline.people.policies import Actor
from midline.records.mesh_words import in_words
from midline.setups.models import SetupImport
from midline.setups.queries import named_files
from midline.setups.tests.factories import make_import
from midline.setups.tests.zips import staged_files, zipped

State = SetupImport.State
pytestmark = [pytest.mark.slow, pytest.mark.once]
CUT = "case_lower_01.stl"


def begun(client, case, order, content, name="Testdatter.zip"):
    source = io.BytesIO(content)
    source.name = name
    assert client.post(url("import_add", case, order.pk), {"file": source, "replaces": "on"}).status_code == 302
    jobs.run_all()
    return SetupImport.objects.latest("pk")


def file_of(name, content):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def torn(cast, lab, order):
    """An import whose lower stage 1 is cut off."""
    files = staged_files(2)
    return begun(lab, cast.case, order, zipped(files | {CUT: files[CUT][:-900]}).getvalue())


def at(item, name):
    return next(n for n, row in enumerate(item.report["files"]) if row["name"] == name)


def test_a_refused_file_is_supplied_alone_and_joins_what_was_answered(cast, lab, torn):
    page = text(lab.get(url("import", cast.case, torn.pk)))
    assert "Add the file" in page
    assert "lower stage 1 missing" in page
    typed = {f"arch-{at(torn, 'case_upper_02.stl')}": "upper", f"stage-{at(torn, 'case_upper_02.stl')}": "1"}
    asked = {f"file-{at(torn, CUT)}": file_of("neu.stl", staged_files(2)[CUT])}
    assert lab.post(url("import_supply", cast.case, torn.pk), typed | asked).status_code == 302
    jobs.run_all()

    item = SetupImport.objects.get(pk=torn.pk)
    row = item.report["files"][at(item, CUT)]
    assert (item.state, row["refused"], row["arch"], row["stage"]) == (State.MATCHING, None, "lower", 1)
    assert item.report["kept"]["case_upper_02.stl"]["stage"] == 1, "what was typed stays"
    assert [about["takes"] for about in item.received] == ["", CUT]
    assert {about["key"] for about in item.received} | {item.key} == named_files([*(about["key"] for about in item.received), item.key])
    assert item.key != torn.key
    with store().open(torn.key) as source:
        assert source.read(4) == b"PK\x03\x04", "what came is kept as it came"


def test_the_joined_import_is_built_and_its_original_holds_every_file(cast, lab, torn):
    lab.post(url("import_supply", cast.case, torn.pk), {f"file-{at(torn, CUT)}": file_of(CUT, staged_files(2)[CUT])})
    jobs.run_all()
    assert lab.post(url("import_match", cast.case, torn.pk), {}).status_code == 302
    jobs.run_all()
    item = SetupImport.objects.get(pk=torn.pk)
    assert item.version, item.error
    with store().open(item.version.original_key) as source, zipfile.ZipFile(io.BytesIO(source.read())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == staged_files(2)


def test_a_file_that_was_missing_joins_by_its_own_name(cast, lab, order):
    files = staged_files(2)
    lacking = files.pop(CUT)
    item = begun(lab, cast.case, order, zipped(files).getvalue())
    refused = lab.post(url("import_supply", cast.case, item.pk), {"files": [file_of("case_lower_02.stl", lacking)]})
    assert refused.status_code == 422
    assert "is in this import already" in text(refused)

    assert lab.post(url("import_supply", cast.case, item.pk), {"files": [file_of(CUT, lacking)]}).status_code == 302
    jobs.run_all()
    item.refresh_from_db()
    assert len(item.report["files"]) == 6
    assert "missing</p>" not in text(lab.get(url("import", cast.case, item.pk)))


def test_the_same_file_twice_joins_once(cast, lab, torn):
    for _again in range(2):
        posted = {f"file-{at(torn, CUT)}": file_of(CUT, staged_files(2)[CUT])}
        assert lab.post(url("import_supply", cast.case, torn.pk), posted).status_code == 302
    jobs.run_all()
    item = SetupImport.objects.get(pk=torn.pk)
    assert [about["name"] for about in item.received] == ["Testdatter.zip", CUT]
    assert (
        lab.post(url("import_supply", cast.case, torn.pk), {f"file-{at(item, CUT)}": file_of(CUT, staged_files(2)[CUT])}).status_code == 422
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("foto.jpg", b"x", "is no model"),
        ("../../boot.stl", b"", "is empty"),
        ("a.zip", b"PK\x03\x04", "is no model"),
    ],
)
def test_what_is_no_model_is_refused_with_its_name(cast, lab, torn, name, content, said):
    answer = lab.post(url("import_supply", cast.case, torn.pk), {"files": [file_of(name, content)]})

    assert answer.status_code == 422
    assert said in text(answer) or "No file is chosen" in text(answer)


def test_a_supplied_file_that_is_broken_too_is_refused_beside_the_rest(cast, lab, torn):
    html = file_of("<script>.stl", b"<html>" + b" " * 400)
    lab.post(url("import_supply", cast.case, torn.pk), {f"file-{at(torn, CUT)}": html})
    jobs.run_all()
    item = SetupImport.objects.get(pk=torn.pk)
    assert item.state == State.MATCHING
    assert "web page" in item.report["files"][at(item, CUT)]["refused"]["reason"]


def test_a_zip_that_breaks_off_goes_on_with_its_whole_files(cast, lab, order):
    whole = zipped(staged_files(2)).getvalue()
    item = begun(lab, cast.case, order, whole[: int(len(whole) * 0.6)])
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "The ZIP is damaged after file 3" in page
    assert "Go on with 3 files" in page
    assert "Retry" not in text(lab.get(url("import", cast.case, item.pk))).split("ml-bar")[1]
    assert lab.post(url("import_go_on", cast.case, item.pk)).status_code == 302
    assert lab.post(url("import_go_on", cast.case, item.pk)).status_code == 302, "twice is once"
    jobs.run_all()

    item.refresh_from_db()
    assert item.state == State.MATCHING
    assert sum(1 for row in item.report["files"] if not row["refused"]) == 3
    lost = next(row["name"] for row in item.report["files"] if row["refused"])
    rest = {name: content for name, content in staged_files(2).items() if name not in {row["name"] for row in item.report["files"]}}
    posted = {f"file-{at(item, lost)}": file_of(lost, staged_files(2)[lost]), "files": [file_of(*pair) for pair in rest.items()]}
    assert lab.post(url("import_supply", cast.case, item.pk), posted).status_code == 302
    jobs.run_all()
    item.refresh_from_db()
    assert sorted(row["name"] for row in item.report["files"]) == sorted(staged_files(2))
    assert not any(row["refused"] for row in item.report["files"])


def test_a_zip_that_holds_something_unwanted_goes_on_without_it(cast, lab, order):
    item = begun(lab, cast.case, order, zipped(staged_files(1) | {"photos.zip": b"PK\x03\x04" + bytes(60)}).getvalue())
    assert "Go on with 4 files" in text(lab.get(url("import", cast.case, item.pk)))
    lab.post(url("import_go_on", cast.case, item.pk))
    jobs.run_all()
    item.refresh_from_db()
    assert (item.state, len(item.report["files"])) == (State.MATCHING, 4)


def test_a_build_that_refused_a_file_goes_on_without_it_only_when_no_gap_is_left(cast, lab, order):
    item = make_import(order, cast.technician.user, state=State.FAILED)
    rows = [{"name": row["name"], "arch": row["arch"], "stage": row["stage"]} for row in item.report["files"] if not row["refused"]]
    failure = {"step": "pack", "reason": "It is 2 mm across.", "remedy": "Export in millimetres.", "file": "case_upper_02.stl"}
    item.mapping, item.report = rows, item.report | {"failure": failure}
    item.save()
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "It cannot go on without this file. Upper stage 2 is missing" in page
    assert "Go on with" not in page
    assert lab.post(url("import_go_on", cast.case, item.pk)).status_code == 409

    item.report["failure"]["file"] = "case_upper_04.stl"
    item.save()
    assert "Go on with 9 files" in text(lab.get(url("import", cast.case, item.pk)))
    lab.post(url("import_go_on", cast.case, item.pk))
    item.refresh_from_db()
    assert (item.state, len(item.mapping)) == (State.BUILDING, 9)


def test_what_cannot_be_used_at_all_does_not_go_on(cast, lab, order):
    item = begun(lab, cast.case, order, b"PK\x05\x06" + bytes(18))
    assert "Go on with" not in text(lab.get(url("import", cast.case, item.pk)))
    assert lab.post(url("import_go_on", cast.case, item.pk)).status_code == 409
    told = text(lab.get(url("import_report", cast.case, item.pk)))
    assert "Testdatter.zip" in told
    assert item.sha256 in told


def test_only_its_planner_supplies_files_and_others_find_nothing(cast, lab, torn):
    for person, workspace in ((cast.owner, "provider"), (cast.with_every_grant, "collaborator"), (cast.stranger, "collaborator")):
        for name in ("import_supply", "import_go_on", "import_report"):
            address = url(name, cast.case, torn.pk, workspace="lab").replace("/lab/", f"/{workspace}/")
            assert person.client.post(address).status_code in {404, 405}
            assert person.client.get(address).status_code in {404, 405}
    torn.order.planner = cast.owner.user
    torn.order.save()
    posted = {f"file-{at(torn, CUT)}": file_of(CUT, staged_files(2)[CUT])}
    assert lab.post(url("import_supply", cast.case, torn.pk), posted).status_code == 409


def test_the_report_tells_no_name_to_whom_identity_is_hidden(cast, lab, torn):
    told = report_text(torn, Names(torn, Actor(cast.stranger.user, Workspace.COLLABORATOR)))
    assert "Testdatter" not in told
    assert "case_lower" not in told


def test_a_zip_of_which_no_file_can_be_used_names_each_and_offers_another(cast, lab, order):
    files = {name: content[:-900] for name, content in staged_files(0).items()}
    item = begun(lab, cast.case, order, zipped(files).getvalue())
    page = text(lab.get(url("import", cast.case, item.pk)))

    for words in ("case_upper_00.stl", "Cut off", "No file can be used", "Choose another ZIP", "Add the file"):
        assert words in page
    assert 'form="match"' not in page, "there is nothing to build"


@pytest.mark.parametrize(
    "said",
    [
        "2 files claim upper stage 4. “a.stl” is the same model. Keep one, or type another stage.",
        "No arch in the name. Its triangles are in the order of the lower files. The shape lies between stages 4 and 6.",
        "No arch in the name. The shape reads as an upper arch.",
        "No arch in the name. The shape does not tell upper from lower.",
        "Its bytes in the ZIP break off. Export this model again and add it.",
    ],
)
def test_what_is_doubted_is_said_in_the_language_of_its_reader(said):
    with translation.override("de"):
        german = in_words(said)
    assert not {"the", "is", "in the", "stage", "shape"} & set(german.split()), german

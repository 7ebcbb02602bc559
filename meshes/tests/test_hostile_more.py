"""Setup packages that lie: each is refused with a reason that names the place, in little time, and nothing of them comes through unread."""

from __future__ import annotations

import json
import stat
import time
import zipfile

import pytest

from meshes import package, pipeline
from meshes.archive import Archive
from meshes.child import ChildFailed, run_child
from meshes.errors import BadFile
from meshes.tests.cases import zip_of
from meshes.tests.packages import loaded, packed, small

DEEP = 10_000


def refused(path) -> BadFile:
    with pytest.raises(BadFile) as told:
        loaded(path)
    return told.value


def text_of(**changes) -> bytes:
    return json.dumps(small(**changes)[0]).encode()


@pytest.mark.parametrize("text", [
    pytest.param(b"[" * DEEP + b"]" * DEEP, id="lists 10,000 deep"),
    pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="objects 10,000 deep"),
    pytest.param(b'{"version":' + b"9" * 5_000 + b"}", id="a number of 5,000 digits"),
    pytest.param(b'{"version": 1, "version": 1}', id="a key twice"),
    pytest.param(b'{"version": NaN}', id="NaN"),
    pytest.param(b'{"version": -Infinity}', id="Infinity"),
    pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
])  # fmt: skip
def test_json_that_attacks_its_reader_is_refused(tmp_path, text):
    began = time.process_time()
    told = refused(packed(tmp_path / "a.zip", text, small()[1]))

    assert told.reason
    assert told.file == "setup.json"
    assert time.process_time() - began < 5


@pytest.mark.parametrize("value", [1e308, -1e308, float("1e400"), -1, 201, 10**30, 2.5, True, "3", None, [], {}])
def test_a_stage_that_is_none_is_refused(tmp_path, value):
    setup, files = small(stages={"upper": value})
    text = json.dumps(setup).replace("Infinity", "1e400").encode()
    assert "stages.upper" in refused(packed(tmp_path / "a.zip", text, files)).reason


@pytest.mark.parametrize("mesh", [
    "../../etc/passwd", "/etc/passwd", "C:\\a.stl", "meshes/11.stl/../11.stl", "MESHES/11.STL", "meshes\\11.stl", "setup.json", "meshes",
    "http://example.org/11.stl", "meshes/11.stl\x00.stl",
])  # fmt: skip
def test_a_mesh_outside_the_zip_is_no_file_of_it(tmp_path, mesh):
    setup, files = small()
    setup["teeth"][0]["mesh"] = mesh
    assert "teeth[0].mesh" in refused(packed(tmp_path / "a.zip", setup, files)).reason


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "\udfff and more", "a\x00b"])
@pytest.mark.parametrize("field", ["notes", "wear_schedule", "reference_point", "made_by"])
def test_text_that_no_database_keeps_is_refused_with_its_place(tmp_path, field, bad):
    told = refused(packed(tmp_path / "a.zip", text_of(**{field: f"x{bad}"}), small()[1]))

    assert field in told.reason
    told.reason.encode()
    assert "\0" not in told.reason


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
def test_a_key_and_a_value_that_no_page_can_show_are_told_in_words_that_it_can(tmp_path, bad):
    files = small()[1]
    shape = {"attachments": [{"tooth": 13, "shape": f"x{bad}", "added_stage": 1}]}
    for text in (text_of(**shape), text_of(**{f"x{bad}": 1}), text_of(numbering=bad), text_of(teeth=[{"tooth": bad}])):
        told = refused(packed(tmp_path / "a.zip", text, files))
        told.reason.encode()
        assert "\0" not in told.reason


def test_a_mesh_that_stands_for_two_teeth_is_read_for_each(tmp_path):
    """Allowed: a package may show the same crown twice. It must not be one tooth in two places of the report."""
    setup, files = small()
    setup["teeth"][1]["mesh"] = setup["teeth"][0]["mesh"]
    found = pipeline.read(packed(tmp_path / "a.zip", setup, files), tmp_path / "out")

    assert len({row["name"] for row in found["files"]}) == len(found["files"])


def test_a_link_among_the_meshes_is_refused(tmp_path):
    setup, files = small()
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("setup.json", json.dumps(setup))
        for name, data in files.items():
            archive.writestr(name, data)
        link = zipfile.ZipInfo("meshes/link.stl")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(BadFile) as told:
        pipeline.read(path, tmp_path / "out")
    assert told.value.file == "meshes/link.stl"


@pytest.mark.parametrize(("one", "other"), [("setup.json", "SETUP.JSON"), ("meshes/11.stl", "Meshes/11.STL"), ("é.stl", "e\u0301.STL")])
def test_names_that_are_one_after_folding_are_refused(tmp_path, one, other):
    setup, files = small()
    with pytest.raises(BadFile):
        Archive(zip_of(tmp_path / "a.zip", {"setup.json": json.dumps(setup).encode(), **files, one: b"x", other: b"y"}))


def test_two_packages_in_two_folders_are_no_package(tmp_path):
    setup, files = small()
    twice = {
        f"{folder}/{name}": data for folder in ("a", "b") for name, data in {"setup.json": json.dumps(setup).encode(), **files}.items()
    }
    with Archive(zip_of(tmp_path / "a.zip", twice)) as archive:
        assert package.entry_of(archive) is None


@pytest.mark.parametrize("text", [
    pytest.param(b'{"format": "midline-setup", "notes": "\\ud800"}', id="a lone surrogate"),
    pytest.param(b'{"format": "midline-setup", "\\ud800": 1}', id="a lone surrogate as key"),
    pytest.param(b'{"format": "midline-setup", "a": ' + b"[" * DEEP, id="deep"),
])  # fmt: skip
def test_the_child_says_why_instead_of_breaking_down(tmp_path, text):
    path = packed(tmp_path / "a.zip", text, small()[1])
    with pytest.raises(ChildFailed) as told:
        run_child(["read", path, tmp_path / "out"], cwd=tmp_path, cpu_seconds=60, timeout=60)

    assert told.value.file == "setup.json", told.value.details
    assert "fault in the program" not in told.value.reason
    told.value.reason.encode()

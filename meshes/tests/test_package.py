"""The setup package: what it says is taken exactly, and the first thing that is wrong is named with its place."""

from __future__ import annotations

import copy
import json
import zipfile

import numpy as np
import pytest

from meshes import package, package_schema, pipeline
from meshes.__main__ import main
from meshes.errors import BadFile
from meshes.fuzz_seeds import ball, stl_bytes
from meshes.package_schema import RULES, SILENT, schema
from meshes.tests.packages import EXAMPLE, every_movement, loaded, packed, small


def test_the_example_fits_its_own_description(tmp_path):
    with zipfile.ZipFile(EXAMPLE / "setup-package.zip") as archive:
        assert archive.read("setup.json") == (EXAMPLE / "setup.json").read_bytes()

    report = pipeline.read(EXAMPLE / "setup-package.zip", tmp_path)

    assert (report["package"], report["layout"], report["layout_refusal"]) == (True, 1, None)
    assert report["numbering"] == {"system": "FDI", "assumed": False, "why": "The setup package names its numbering.", "fits": ["FDI"]}
    assert report["counts"] == {"ipr": 2, "attachments": 2, "pontics": 0, "extractions": 1}
    assert {row["confidence"] for row in report["files"]} == {1.0}
    assert sum(row["part"] == "tooth" for row in report["files"]) == 28
    assert {row["number"] for row in report["files"]} == {None}  # nothing to read in another system: fdi is said
    assert all((tmp_path / row["thumb"]).exists() for row in report["files"])


def test_what_a_package_says_is_read_as_it_stands(tmp_path):
    setup, files = small()

    found = loaded(packed(tmp_path / "a.zip", setup, files))

    assert found.stages == {"upper": 2}
    assert [tooth.fdi for tooth in found.teeth] == [row["tooth"] for row in setup["teeth"]]
    assert np.abs(found.teeth[0].poses - setup["teeth"][0]["poses"]).max() < 1e-12
    assert found.reference_point == "crown centre"
    assert found.movements is None
    assert found.plan == {
        "ipr": [{"teeth": [11, 21], "amount_mm": 0.2, "before_stage": 1}],
        "attachments": [{"tooth": 13, "surface": "buccal", "shape": "bevelled", "size": "", "added_stage": 1, "removed_stage": None}],
        "pontics": [{"tooth": 18, "until_stage": 2}],
        "extractions": [{"tooth": 28, "before_stage": 0}],
        "wear_schedule": "7 days",
        "notes": "Slowly.",
    }


def test_universal_numbers_are_stored_as_fdi(tmp_path):
    setup, files = small(numbering="Universal", ipr=[{"teeth": [8, 9], "amount_mm": 1, "before_stage": 1}], attachments=[], pontics=[])
    setup["extractions"] = [{"tooth": "A", "before_stage": 1}]
    for row in setup["teeth"]:
        row["tooth"] = (19 if row["tooth"] < 20 else -12) + (-row["tooth"] if row["tooth"] < 20 else row["tooth"])
        assert 1 <= row["tooth"] <= 16

    found = loaded(packed(tmp_path / "a.zip", setup, files))

    assert sorted(tooth.fdi for tooth in found.teeth) == [*range(11, 18), *range(21, 28)]
    assert found.plan["ipr"][0]["teeth"] == [11, 21]
    assert found.plan["extractions"] == [{"tooth": 55, "before_stage": 1}]


def test_a_package_in_one_folder_is_found_and_its_names_are_relative_to_it(tmp_path):
    setup, files = small()

    found = loaded(packed(tmp_path / "a.zip", setup, {f"case/{name}": data for name, data in files.items()}, "case/setup.json"))

    assert found.teeth[0].mesh.startswith("case/meshes/")


def test_another_programs_setup_json_is_no_package(tmp_path):
    report = pipeline.read(packed(tmp_path / "a.zip", {"window": [1, 2]}, {"Upper_stage_0.stl": stl_bytes(*ball())}), tmp_path)

    assert report["package"] is False
    assert report["ignored"] == ["setup.json"]


def put(*path, value):
    def change(setup):
        holder = setup
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

    return change


def drop(*path):
    def change(setup):
        holder = setup
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]

    return change


def long(setup):
    setup["teeth"][0]["poses"] = setup["teeth"][0]["poses"] * 2


WRONG = {
    "no format": (drop("format"), "“format” is missing."),
    "another format": (put("format", value="other"), "“format” is \"other\"; \"midline-setup\" is expected."),
    "another version": (put("version", value=2), "“version” is 2; 1 is expected."),
    "true is no version": (put("version", value=True), "“version” is true; 1 is expected."),
    "inches": (put("units", value="in"), "“units” is \"in\"; \"mm\" is expected."),
    "unknown member": (put("atachments", value=[]), "“atachments” is not known; leave it out."),
    "no teeth": (put("teeth", value=[]), "“teeth” has the length 0; at least 1 is expected."),
    "teeth as text": (put("teeth", value="11"), "“teeth” is \"11\"; a list is expected."),
    "no such tooth": (put("teeth", 0, "tooth", value=19), "“teeth[0].tooth” is 19, which is no tooth in FDI."),
    "a tooth as true": (put("teeth", 0, "tooth", value=True), "“teeth[0].tooth” is true; none of its forms fits."),
    "a tooth twice": (put("teeth", 1, "tooth", value=11), "which an earlier tooth is too"),
    "a lower tooth": (put("teeth", 0, "tooth", value=31), "a stage of the lower arch, which has no stages here"),
    "an arch without teeth": (put("stages", "lower", value=3), "“stages.lower” is given, but no tooth belongs to that arch."),
    "no arch": (put("stages", value={}), "“stages” has the length 0"),
    "a stage beyond": (put("stages", "upper", value=201), "“stages.upper” is 201; at most 200 is expected."),
    "half a stage": (put("stages", "upper", value=2.5), "“stages.upper” is 2.5; a whole number is expected."),
    "a pose too few": (drop("teeth", 0, "poses", 0), "“teeth[0].poses” has 2 poses; its arch has 3 stages from 0 to 2."),
    "poses too many": (long, "“teeth[0].poses” has 6 poses"),
    "six numbers": (drop("teeth", 0, "poses", 1, 0), "“teeth[0].poses[1]” has the length 6; at least 7 is expected."),
    "text in a pose": (put("teeth", 0, "poses", 1, 2, value="3"), "“teeth[0].poses[1][2]” is \"3\"; a number is expected."),
    "far away": (put("teeth", 0, "poses", 1, 0, value=1e9), "at most 1000 is expected"),
    "no turn": (put("teeth", 0, "poses", 2, value=[0, 0, 0, 0, 0, 0, 0]), "“teeth[0].poses[2]” has a quaternion of length 0"),
    "a crooked frame": (put("teeth", 0, "frame", 0, 0, value=5), "“teeth[0].frame” is no right-handed frame"),
    "a mirrored frame": (put("teeth", 0, "frame", value=np.diag([1, 1, -1, 1]).tolist()), "no right-handed frame"),
    "no such file": (put("teeth", 0, "mesh", value="meshes/99.stl"), "“teeth[0].mesh” is \"meshes/99.stl\", which is no file of the ZIP."),
    "a file outside": (put("teeth", 0, "mesh", value="../../etc/passwd"), "which is no file of the ZIP"),
    "no mesh": (put("teeth", 0, "mesh", value="setup.json"), "a mesh is STL, PLY, OBJ or GLB"),
    "gingiva twice": (put("gingiva", value=[{"arch": "upper", "meshes": ["meshes/gum.stl"]}] * 2), "which has a gingiva already"),
    "two gingivas": (put("gingiva", 0, "meshes", value=["meshes/gum.stl"] * 2), "has 2 files; one, or 3 are expected"),
    "gingiva of the other arch": (put("gingiva", 0, "arch", value="lower"), "“gingiva[0].arch” is lower, which has no stages here."),
    "an arch of its own": (put("gingiva", 0, "arch", value="left"), "one of upper, lower is expected"),
    "too much IPR": (put("ipr", 0, "amount_mm", value=1.5), "“ipr[0].amount_mm” is 1.5; at most 1 is expected."),
    "no IPR": (put("ipr", 0, "amount_mm", value=0), "more than 0 is expected"),
    "IPR too late": (put("ipr", 0, "before_stage", value=3), "stages of the upper arch reach from 1 to 2"),
    "no neighbours": (put("ipr", 0, "teeth", value=[11, 22]), "“ipr[0].teeth” are 11 and 22 (FDI), which are no neighbours."),
    "itself": (put("ipr", 0, "teeth", value=[11, 11]), "no neighbours"),
    "IPR twice": (put("ipr", value=[{"teeth": p, "amount_mm": 0.1, "before_stage": 1} for p in ([11, 21], [21, 11])]), "the same contact"),
    "IPR on a tooth that is not there": (put("ipr", 0, "teeth", value=[17, 18]), "which is none of the teeth of this package"),
    "removed before": (put("attachments", 0, "removed_stage", value=1), "“attachments[0].removed_stage” is 1; it is added at stage 1."),
    "a surface of its own": (put("attachments", 0, "surface", value="top"), "one of buccal, lingual is expected"),
    "a pontic in a tooth": (put("pontics", 0, "tooth", value=11), "a pontic stands in a gap"),
    "extracted twice": (put("extractions", value=[{"tooth": 28, "before_stage": 0}] * 2), "“extractions” has tooth 28 (FDI) twice."),
    "a movement twice": (lambda s: every_movement(s) or s["movements"].append(s["movements"][0]), "at stage 1 a second time"),
    "a movement short": (lambda s: every_movement(s, {(13, 1)}), "“movements” has no stage 1 for tooth 13 (FDI)."),
    "a tooth without movement": (lambda s: every_movement(s, {(13, 1), (13, 2)}), "has no tooth 13 (FDI); give all teeth or none"),
    "notes too long": (put("notes", value="x" * 4001), "“notes” has the length 4,001; at most 4,000 is expected."),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_its_place_and_what_is_expected(tmp_path, what):
    change, words = WRONG[what]
    setup, files = small()
    change(setup)

    with pytest.raises(BadFile) as refused:
        loaded(packed(tmp_path / "a.zip", setup, files))

    assert words in refused.value.reason
    assert refused.value.file == "setup.json"
    assert refused.value.reason.endswith(".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "line 1 is not proper JSON"),
        (b'{\n"format": "midline-setup",\n"version": 1,,}', "line 3 is not proper JSON"),
        (b"\xff\xfe\x00", "not proper JSON"),
        (b"[" * 200_000, "not proper JSON"),
        (b'{"format": NaN}', "not proper JSON"),
        (b'{"version": ' + b"9" * 5000 + b"}", "not proper JSON"),
        (b'{"format": "midline-setup", "format": "midline-setup"}', "“format” stands twice"),
        (b'["format"]', None),
    ],
    ids=["empty", "comma", "other bytes", "deep", "NaN", "endless number", "twice", "a list"],
)
def test_json_that_is_none_is_refused(tmp_path, text, words):
    path = packed(tmp_path / "a.zip", text, {"meshes/1.stl": stl_bytes(*ball())})

    if words is None:
        assert pipeline.read(path, tmp_path)["package"] is False
        return
    with pytest.raises(BadFile, match=words):
        pipeline.read(path, tmp_path)


def test_poses_of_teeth_that_stand_still_may_repeat_without_end(tmp_path):
    setup, files = small()
    setup["stages"]["upper"] = 200
    for row in setup["teeth"]:
        row["poses"] = [row["poses"][0]] * 201
    path = packed(tmp_path / "a.zip", setup, files)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("setup.json")
        assert info.file_size > 30 * info.compress_size

    assert loaded(path).stages == {"upper": 200}


def test_a_setup_json_larger_than_any_is_refused_before_it_is_read(tmp_path):
    setup, files = small(notes="")
    text = json.dumps(setup).encode() + b" " * package.MAX_JSON_BYTES

    with pytest.raises(BadFile, match=r"20 MB is the limit|its size in the ZIP"):
        pipeline.read(packed(tmp_path / "a.zip", text, files), tmp_path)


def test_a_broken_mesh_is_refused_with_its_name(tmp_path):
    setup, files = small()
    files["meshes/21.stl"] = files["meshes/21.stl"][:-9]

    with pytest.raises(BadFile, match="Cut off") as refused:
        pipeline.read(packed(tmp_path / "a.zip", setup, files), tmp_path)
    assert refused.value.file == "meshes/21.stl"


def test_a_package_in_inches_is_asked_about(tmp_path):
    setup, files = small()
    for row in setup["teeth"]:
        row["poses"] = [[*(value / 25.4 for value in pose[:3]), *pose[3:]] for pose in row["poses"]]
    files |= {name: stl_bytes(*ball((0.3, 0.3, 0.35))) for name in files}

    with pytest.raises(BadFile, match="an arch measures"):
        pipeline.read(packed(tmp_path / "a.zip", setup, files), tmp_path)


def test_the_schema_uses_no_word_that_is_not_checked():
    def words(rule):
        for word, given in rule.items():
            if word in ("properties", "$defs"):
                for one in given.values():
                    yield from words(one)
            elif word == "items":
                yield from words(given)
            elif word == "oneOf":
                yield word
                for one in given:
                    yield from words(one)
            else:
                yield word

    assert set(words(schema())) <= SILENT | set(RULES) | {"type"}
    assert all(rule.get("additionalProperties") is False for rule in objects(schema()))


def objects(rule):
    if isinstance(rule, dict):
        if rule.get("type") == "object":
            yield rule
        for value in rule.values():
            yield from objects(value)
    elif isinstance(rule, list):
        for value in rule:
            yield from objects(value)


def test_the_schema_takes_what_it_describes():
    setup, _ = small()
    every_movement(setup)
    before = copy.deepcopy(setup)

    package_schema.check(setup)

    assert setup == before


def test_a_refused_package_is_one_error_object_and_two(tmp_path, capsys):
    setup, files = small()
    setup["teeth"][3]["poses"].pop()

    assert main(["check", str(packed(tmp_path / "a.zip", setup, files)), "--json"]) == 2

    said = json.loads(capsys.readouterr().out)["error"]
    assert said["file"] == "setup.json"
    assert said["reason"] == "“teeth[3].poses” has 2 poses; its arch has 3 stages from 0 to 2."

"""The whole way of a staged setup, from the ZIP to files a browser shows, and every way it says no."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from meshes import measure, pipeline
from meshes.__main__ import main
from meshes.decode import Scene
from meshes.errors import BadFile
from meshes.tests.cases import case_files, lying_header, mapping_of, tiny_arch, tiny_case, with_corner, zip_of

LOWER_STAGES = 4


@pytest.fixture(scope="module")
def case():
    return tiny_case(lower_stages=LOWER_STAGES)


@pytest.fixture(scope="module")
def built(case, tmp_path_factory):
    """(report, plan, folder) of the tiny case with a lower arch that ends one stage earlier."""
    folder = tmp_path_factory.mktemp("built")
    archive = zip_of(folder / "case.zip", case_files(case))
    report = pipeline.read(archive, folder)
    return report, pipeline.build(archive, pipeline.proposed_mapping(report), folder), folder


def test_every_file_gets_its_place_a_confidence_and_a_thumbnail(case, built):
    report, _, folder = built

    assert pipeline.proposed_mapping(report) == mapping_of(case)
    for row in report["files"]:
        assert row["confidence"] >= 0.9
        assert row["reason"] is None
        assert row["refused"] is None
        assert Image.open(folder / row["thumb"]).size == (208, 160)
    assert (report["layout"], report["layout_refusal"], report["missing"], report["doubles"]) == (2, None, [], [])


def test_the_plan_has_every_tooth_with_its_number_and_its_place(case, built):
    _, plan, _ = built

    assert plan["stages"] == {"upper": 4, "lower": 3}
    assert [part["key"] for part in plan["parts"][:15]] == [f"upper-{n:02d}" for n in range(1, 15)] + ["upper-gingiva"]
    assert [part["fdi"] for part in plan["parts"] if part["arch"] == "lower"] == [*range(47, 40, -1), *range(31, 38), None]
    for part in plan["parts"]:
        if part["fdi"]:
            centre = case[part["arch"]].centres[part["fdi"]]
            assert np.linalg.norm(np.array(plan["poses"][part["key"]][0][:3]) - centre) < 0.6
            assert part["moves"] == (part["fdi"] % 10 != 7)


def test_poses_are_the_true_ones(case, built):
    _, plan, _ = built

    for part in plan["parts"]:
        if part["fdi"] is None:
            continue
        rows = np.array(plan["poses"][part["key"]])
        truth = case[part["arch"]].truth[part["fdi"]]
        assert len(rows) == len(truth)
        for row, true in zip(rows, truth, strict=True):
            assert np.abs(true[:3, :3] @ rows[0, :3] + true[:3, 3] - row[:3]).max() < 0.01
            turn = Rotation.from_quat(row[3:]) * Rotation.from_matrix(true[:3, :3]).inv()
            assert np.degrees(turn.magnitude()) < 0.05


def test_movements_are_cumulative_and_start_at_nothing(built):
    _, plan, _ = built

    for key, rows in plan["movements"].items():
        assert [row[0] for row in rows] == list(range(len(plan["poses"][key])))
        assert rows[0][1:] == [0.0] * 6
    assert plan["reference_point"] == "crown centre"


@pytest.mark.parametrize("name", ["full", "preview"])
def test_the_decoded_file_follows_the_contract_with_the_viewer(built, name):
    _, plan, folder = built
    scene = Scene((folder / f"{name}.glb").read_bytes())

    assert {"EXT_meshopt_compression", "KHR_mesh_quantization"} <= set(scene.gltf["extensionsUsed"])
    assert [animation["name"] for animation in scene.gltf["animations"]] == ["stages"]
    assert all(sampler.get("interpolation", "LINEAR") == "LINEAR" for sampler in scene.gltf["animations"][0]["samplers"])
    times = {tuple(scene.values(sampler["input"])[:, 0]) for sampler in scene.gltf["animations"][0]["samplers"]}
    assert times == {(0.0, 1.0, 2.0, 3.0, 4.0)}
    named = {node["name"]: node for node in scene.gltf["nodes"] if "extras" in node}
    assert set(named) == set(scene.parts()) == {part["key"] for part in plan["parts"]}
    for part in plan["parts"]:
        assert named[part["key"]]["extras"] == {key: part[key] for key in ("key", "arch", "kind")}


def test_the_decoded_file_shows_every_vertex_within_the_promised_error(case, built):
    _, plan, folder = built
    parts = Scene((folder / "full.glb").read_bytes()).parts()
    worst = {"tooth": 0.0, "gingiva": 0.0}
    for arch, tiny in case.items():
        for stage in (0, 2, 4):
            originals = tiny.positions[min(stage, len(tiny.positions) - 1)].astype(float)
            shown = [(part.kind, part.vertices_at(stage)) for key, part in parts.items() if key.startswith(arch)]
            for kind, vertices in shown:
                gap = np.linalg.norm(vertices[:, None] - originals[None], axis=2).min(axis=1)
                worst[kind] = max(worst[kind], float(gap.max()))

    assert worst["tooth"] <= 0.005
    assert worst["gingiva"] <= 0.020
    assert plan["error_um"]["teeth_max"] <= 5
    assert plan["error_um"]["gingiva_max"] <= 20
    assert plan["error_um"]["teeth_max"] >= 1000 * worst["tooth"] - 0.01


def test_an_arch_that_has_finished_holds_its_last_stage(built):
    _, _, folder = built
    part = Scene((folder / "full.glb").read_bytes()).parts()["lower-06"]

    assert np.abs(part.vertices_at(4) - part.vertices_at(LOWER_STAGES - 1)).max() < 1e-6
    assert np.abs(part.vertices_at(LOWER_STAGES - 1) - part.vertices_at(1)).max() > 0.1


def test_the_files_stored_are_those_the_plan_counts(built):
    _, plan, folder = built

    for key, name in (("full", "full.glb"), ("full_br", "full.glb.br"), ("preview", "preview.glb"), ("preview_br", "preview.glb.br")):
        assert (folder / name).stat().st_size == plan["bytes"][key]
    assert plan["bytes"]["original"] == (folder / "case.zip").stat().st_size
    assert plan["triangles"]["full"] == plan["triangles"]["original"] > plan["triangles"]["preview"]


def test_every_view_is_pictured_at_the_start_and_at_the_end(built):
    _, plan, folder = built

    assert set(plan["pictures"]) == {"front", "right", "left", "upper", "lower", "list"}
    for view, names in plan["pictures"].items():
        assert set(names) == ({"end"} if view == "list" else {"start", "end"})
        shown = {moment: Image.open(folder / name).convert("RGBA") for moment, name in names.items()}
        for picture in shown.values():
            assert 0.1 < (np.asarray(picture)[..., 3] > 128).mean() < 0.95
        if view != "list":
            assert shown["start"].tobytes() != shown["end"].resize(shown["start"].size).tobytes()
    assert Image.open(folder / "list.webp").width < 200
    assert plan["pictures"]["front"] == {"end": "front.webp", "start": "front_start.webp"}


def test_a_view_of_one_arch_shows_that_arch_alone(tmp_path):
    case = {"lower": tiny_arch("lower", 2)}

    plan = pipeline.build(zip_of(tmp_path / "a.zip", case_files(case)), mapping_of(case), tmp_path)

    assert set(plan["pictures"]) == {"front", "right", "left", "lower", "list"}


def test_what_would_stray_too_far_is_packed_finer(case, tmp_path):
    """A model of nearly twice the usual size has a grid as much coarser."""
    large = {arch: type(tiny)(arch, tiny.positions * np.float32(1.8), tiny.faces, {}, {}) for arch, tiny in case.items()}

    plan = pipeline.build(zip_of(tmp_path / "a.zip", case_files(large)), mapping_of(case), tmp_path)

    assert plan["error_um"]["teeth_max"] <= 5
    assert plan["error_um"]["gingiva_max"] <= 20


def test_an_error_above_the_limit_is_not_true_and_says_so():
    assert measure.Error(4.9, 2.0, 19.9, 3.0).is_true
    assert not measure.Error(5.1, 2.0, 3.0, 1.0).is_true
    assert not measure.Error(1.0, 1.0, 20.1, 1.0).is_true
    assert "5.1 µm" in measure.Error(5.1, 2.0, 3.0, 1.0).refusal()


def test_an_export_in_another_frame_ends_in_the_portals(case, tmp_path):
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
    turned = {arch: type(tiny)(arch, tiny.positions @ turn.T, tiny.faces, tiny.truth, tiny.centres) for arch, tiny in case.items()}
    archive = zip_of(tmp_path / "turned.zip", case_files(turned))

    plan = pipeline.build(archive, mapping_of(case), tmp_path)

    assert np.array_equal(np.array(plan["turn"]) @ turn, np.eye(3))
    assert [part["fdi"] for part in plan["parts"][:14]] == [*range(17, 10, -1), *range(21, 28)]
    assert np.linalg.norm(np.array(plan["poses"]["upper-03"][0][:3]) - case["upper"].centres[15]) < 0.6


def test_stages_that_begin_at_one_are_counted_from_their_first(case, tmp_path):
    rows = [row | {"stage": row["stage"] + 1} for row in mapping_of(case)]

    plan = pipeline.build(zip_of(tmp_path / "a.zip", case_files(case)), rows, tmp_path)

    assert plan["first_stage"] == 1
    assert plan["stages"] == {"upper": 4, "lower": 3}


SPOILED = {
    "truncated": (lambda data: data[:5_000], "Cut off"),
    "lying header": (lambda data: lying_header(data, 9), "9 triangles announced"),
    "not a number": (lambda data: with_corner(data, float("nan")), "not a number"),
    "out of all bounds": (lambda data: with_corner(data, 1e38), "limit"),
    "web page": (lambda data: b"<html><body>Sign in</body></html>" * 9, "web page"),
    "empty": (lambda data: b"", "empty"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_broken_file_is_listed_with_its_reason_and_the_rest_stays(case, tmp_path, kind):
    spoil, words = SPOILED[kind]
    files = case_files(case)
    name = "Mandibular_stage_02.stl"
    files[name] = spoil(files[name])

    report = pipeline.read(zip_of(tmp_path / "a.zip", files), tmp_path)

    refused = [row for row in report["files"] if row["refused"]]
    assert [row["name"] for row in refused] == [name]
    assert words in refused[0]["refused"]["reason"]
    assert refused[0]["refused"]["remedy"]
    assert report["missing"] == [{"arch": "lower", "stage": 2}]
    assert len([row for row in report["files"] if row["confidence"] >= 0.9]) == len(files) - 1


def test_a_broken_file_stops_the_build_with_its_name(case, tmp_path):
    files = case_files(case)
    files["Mandibular_stage_02.stl"] = files["Mandibular_stage_02.stl"][:5_000]

    with pytest.raises(BadFile, match="Cut off") as refused:
        pipeline.build(zip_of(tmp_path / "a.zip", files), mapping_of(case), tmp_path)
    assert refused.value.file == "Mandibular_stage_02.stl"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [], "No file is mapped"),
        (lambda rows: {"name": "x"}, "No file is mapped"),
        (lambda rows: rows[1:], "is missing"),
        (lambda rows: rows[:2] + rows[3:], "Upper stage 2 is missing"),
        (lambda rows: [*rows, rows[0] | {"name": rows[1]["name"]}], "is also given"),
        (lambda rows: [*rows, {"name": "../secret.stl", "arch": "upper", "stage": 9}], "no file of this name"),
        (lambda rows: [rows[0] | {"arch": "left"}, *rows[1:]], "an arch is upper or lower"),
        (lambda rows: [rows[0] | {"stage": -1}, *rows[1:]], "a whole number"),
        (lambda rows: [rows[0] | {"stage": True}, *rows[1:]], "a whole number"),
        (lambda rows: [rows[0] | {"stage": "0"}, *rows[1:]], "a whole number"),
        (lambda rows: ["rows"], "no file of this name"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(case, tmp_path, change, words):
    with pytest.raises(BadFile, match=words):
        pipeline.build(zip_of(tmp_path / "a.zip", case_files(case)), change(mapping_of(case)), tmp_path)


def test_a_model_in_inches_is_asked_about(case, tmp_path):
    small = {arch: type(tiny)(arch, tiny.positions / np.float32(25.4), tiny.faces, {}, {}) for arch, tiny in case.items()}
    report = pipeline.read(zip_of(tmp_path / "a.zip", case_files(small)), tmp_path)

    assert report["layout"] == 2
    assert report["unit"]["fits"][0]["unit"] == "in"
    assert not any(row["refused"] for row in report["files"])


def test_what_is_no_model_is_ignored_and_other_formats_are_refused(case, tmp_path):
    files = case_files(case) | {"report.pdf": b"%PDF", "Upper_stage_9.3mf": b"3mf"}

    report = pipeline.read(zip_of(tmp_path / "a.zip", files), tmp_path)

    assert report["ignored"] == ["report.pdf"]
    assert "STL, PLY, OBJ or GLB" in report["files"][-1]["refused"]["reason"]


def test_a_zip_without_a_model_is_refused(tmp_path):
    with pytest.raises(BadFile, match="holds no model"):
        pipeline.read(zip_of(tmp_path / "a.zip", {"letter.pdf": b"%PDF"}), tmp_path)


def test_the_command_line_prints_progress_and_writes_the_report(case, tmp_path, capsys):
    archive = zip_of(tmp_path / "a.zip", case_files(case))

    assert main(["read", str(archive), str(tmp_path / "out"), "--name", "Setup.zip"]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"step": "read", "done": 0, "of": 9, "file": "Maxillary_stage_00.stl"}
    assert {line["step"] for line in lines} == {"read", "match"}
    assert len(json.loads((tmp_path / "out" / "report.json").read_text())["files"]) == 9


def test_the_command_line_ends_a_refusal_with_three_and_says_why(tmp_path, capsys):
    archive = zip_of(tmp_path / "stored.bin", {"../up.stl": b"x"})

    assert main(["read", str(archive), str(tmp_path / "out"), "--name", "Setup.zip"]) == 3

    said = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert said["file"] == "../up.stl"
    assert "climbs out" in said["reason"]
    assert said["remedy"]


def test_check_prints_one_json_object_with_the_poses_in_the_exports_own_frame(case, tmp_path, capsys):
    archive = zip_of(tmp_path / "a.zip", case_files(case))

    assert main(["check", str(archive), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["layout"] == 2
    assert found["arches"] == {"upper": {"stages": 5}, "lower": {"stages": 4}}
    assert found["numbering"] == "FDI"
    assert found["teeth"]["11"]["number"] == "assumed"
    assert set(found["error_um"]) == {"teeth_max", "gingiva_max"}
    assert found["full_bytes"] > found["preview_bytes"] > 0
    assert found["cpu_s"] > 0
    for fdi, poses in found["poses"].items():
        truth = case["upper" if int(fdi) < 30 else "lower"].truth[int(fdi)]
        centre = np.array([*case["upper" if int(fdi) < 30 else "lower"].centres[int(fdi)], 1.0])
        assert np.abs((np.array(poses) - truth) @ centre).max() < 0.01


def test_check_of_a_refused_file_is_one_error_object_and_two(case, tmp_path, capsys):
    files = case_files(case)
    files["Maxillary_stage_01.stl"] = b"<html></html>" * 40

    assert main(["check", str(zip_of(tmp_path / "a.zip", files)), "--json"]) == 2

    found = json.loads(capsys.readouterr().out)
    assert found["error"]["file"] == "Maxillary_stage_01.stl"
    assert "web page" in found["error"]["reason"]


def test_check_of_a_file_that_is_not_there_has_no_traceback(tmp_path, capsys):
    assert main(["check", str(tmp_path / "nothing.zip"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["file"] == "nothing.zip"

"""Exports that are not one file an arch with the same vertices throughout: a file a tooth, changed teeth, meshed anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from meshes import pipeline, stl
from meshes.decode import Scene
from meshes.errors import BadFile
from meshes.measure import Error
from meshes.numbering import DEPTH_MM, WIDTH_MM
from meshes.parts import shells
from meshes.tests.cases import case_files, ellipsoid, gingiva, places, tiny_arch, tiny_case, zip_of

EXAMPLE = Path(pipeline.__file__).parent.parent / "docs" / "examples" / "setup-package"
STAGES = 5
BONDED, REMOVED, WITH_BUTTON = 2, 4, 13


def tooth_files(tiny, *, without=()):
    """name -> bytes: a file a tooth and one gingiva a stage. without: (FDI, stage) that is not exported."""
    labels = shells(tiny.positions.shape[1], tiny.faces)
    word = {"upper": "Maxillary", "lower": "Mandibular"}[tiny.arch]
    files = {}
    for label in np.unique(labels):
        chosen = labels == label
        faces = tiny.faces[chosen[tiny.faces[:, 0]]]
        middle = tiny.positions[0][chosen].mean(axis=0)
        fdi = min(tiny.centres, key=lambda number: float(np.linalg.norm(tiny.centres[number] - middle)))
        is_tooth = np.linalg.norm(tiny.centres[fdi] - middle) < 1 and chosen.sum() < 200
        for stage in range(len(tiny.positions)):
            name = f"Stage_{stage:02d}/Tooth_{fdi}.stl" if is_tooth else f"Stage_{stage:02d}/{word}_gingiva.stl"
            if not is_tooth or (fdi, stage) not in without:
                files[name] = stl.write(tiny.positions[stage][faces])
    return files


def test_progress_is_told_stage_by_stage_while_teeth_are_followed(case, tmp_path):
    archive = zip_of(tmp_path / "case.zip", with_button(case["upper"], WITH_BUTTON))
    rows = pipeline.proposed_mapping(pipeline.read(archive, tmp_path))
    told = []

    pipeline.build(archive, rows, tmp_path, lambda *line: told.append(line))

    assert [(done, of) for step, done, of, _ in told if step == "parts"] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def built_from(files, folder):
    archive = zip_of(folder / "case.zip", files)
    report = pipeline.read(archive, folder)
    assert report["layout_refusal"] is None
    return report, pipeline.build(archive, pipeline.proposed_mapping(report), folder)


def pose_errors(plan, truth):
    """(mm, degrees): the largest error of any numbered tooth at any stage, at its centre."""
    furthest, widest = 0.0, 0.0
    for part in plan["parts"]:
        if part["fdi"] not in truth:
            continue
        rows = np.array(plan["poses"][part["key"]])
        assert len(rows) == len(truth[part["fdi"]])
        for row, true in zip(rows, truth[part["fdi"]], strict=True):
            furthest = max(furthest, float(np.linalg.norm(true[:3, :3] @ rows[0, :3] + true[:3, 3] - row[:3])))
            turn = Rotation.from_quat(row[3:]) * Rotation.from_matrix(true[:3, :3]).inv()
            widest = max(widest, float(np.degrees(turn.magnitude())))
    return furthest, widest


def numbered(plan):
    return {part["fdi"]: part for part in plan["parts"] if part["fdi"]}


@pytest.fixture(scope="module")
def case():
    return tiny_case()


@pytest.fixture(scope="module")
def a_file_a_tooth(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("layout1")
    return (*built_from({name: data for tiny in case.values() for name, data in tooth_files(tiny).items()}, folder), folder)


def test_a_file_a_tooth_gives_every_tooth_its_name_and_its_true_poses(case, a_file_a_tooth):
    report, plan, _ = a_file_a_tooth

    assert report["layout"] == 1
    assert plan["stages"] == {"upper": 4, "lower": 4}
    assert sorted(numbered(plan)) == sorted(number for tiny in case.values() for number in tiny.truth)
    assert all(part["fdi_confidence"] > 0.95 and part["epochs"] == [] for part in numbered(plan).values())
    furthest, widest = pose_errors(plan, {fdi: poses for tiny in case.values() for fdi, poses in tiny.truth.items()})
    assert furthest < 0.01
    assert widest < 0.05
    assert plan["notes"] == []


def test_a_file_a_tooth_is_shown_within_the_promised_error_and_its_gingiva_follows(a_file_a_tooth):
    _, plan, folder = a_file_a_tooth

    assert plan["error_um"]["teeth_max"] <= 5
    assert plan["error_um"]["gingiva_max"] <= 20
    gum = Scene((folder / "full.glb").read_bytes()).parts()["upper-gingiva"]
    assert np.abs(gum.vertices_at(4) - gum.vertices_at(0)).max() > 0.05


def test_a_tooth_whose_files_end_is_shown_until_then(case, tmp_path):
    upper = case["upper"]
    _, plan = built_from(tooth_files(upper, without={(14, 3), (14, 4)}), tmp_path)

    part = numbered(plan)[14]
    assert part["epochs"] == [{"node": f"{part['key']}-e1", "from_stage": 0, "to_stage": 2, "triangles": part["triangles"]}]
    assert plan["notes"] == ["Tooth 14 is not in the models after stage 2; it is shown until then."]
    shown = Scene((tmp_path / "full.glb").read_bytes()).parts()[f"{part['key']}-e1"]
    assert [shown.is_shown(stage) for stage in range(STAGES)] == [True, True, True, False, False]


def test_a_stage_missing_in_the_middle_of_a_tooth_is_refused_by_its_number(case, tmp_path):
    archive = zip_of(tmp_path / "case.zip", tooth_files(case["upper"], without={(14, 2)}))
    report = pipeline.read(archive, tmp_path)

    with pytest.raises(BadFile, match="Tooth 14 stage 2 is missing"):
        pipeline.build(archive, pipeline.proposed_mapping(report), tmp_path)


def test_a_tooth_without_any_extent_is_refused_by_its_file(case, tmp_path):
    files = tooth_files(case["upper"])
    thread = np.array([[[1, 2, 3], [2, 3, 4], [4, 5, 6]]] * 8, dtype=np.float32) + np.arange(8, dtype=np.float32)[:, None, None]
    files |= {name: stl.write(thread) for name in files if "Tooth_14" in name}
    archive = zip_of(tmp_path / "case.zip", files)
    rows = [
        {"name": name, "arch": "upper", "stage": int(name[6:8]), "part": "tooth", "fdi": int(name[-6:-4])}
        for name in files
        if "Tooth" in name
    ]

    with pytest.raises(BadFile, match="lie on a line") as refused:
        pipeline.build(archive, rows, tmp_path)
    assert refused.value.file == "Stage_00/Tooth_14.stl"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"part": "bracket"}, "an arch, a tooth or a gingiva"),
        ({"fdi": 9}, "FDI number"),
        ({"fdi": True}, "FDI number"),
        ({"fdi": "11"}, "FDI"),
        ({"fdi": 19}, "FDI"),
        ({"fdi": 41}, "stands in the other arch"),
    ],
)
def test_a_mapping_of_a_tooth_that_cannot_be_is_refused(case, tmp_path, change, words):
    archive = zip_of(tmp_path / "case.zip", tooth_files(case["upper"]))
    rows = pipeline.proposed_mapping(pipeline.read(archive, tmp_path))
    rows = [row | change if row["part"] == "tooth" else row for row in rows]

    with pytest.raises(BadFile, match=words):
        pipeline.build(archive, rows, tmp_path)


def with_button(tiny, fdi):
    """(files): the arch with a small shell on one tooth at stages BONDED to REMOVED - 1, so with other triangles than before and after."""
    points, faces = ellipsoid((2.6, 1.6, 2.2))
    axes = places(tiny.arch)[fdi][1]
    button = points @ axes.T + tiny.centres[fdi] + axes[:, 1] * DEPTH_MM[tiny.arch][fdi % 10] / 2
    files = {}
    for stage in range(len(tiny.positions)):
        triangles = tiny.triangles(stage)
        if BONDED <= stage < REMOVED:
            pose = tiny.truth[fdi][stage]
            carried = button @ pose[:3, :3].T + pose[:3, 3]
            triangles = np.concatenate([triangles, carried.astype(np.float32)[faces]])
        files[f"Maxillary_stage_{stage:02d}.stl"] = stl.write(triangles)
    return files


@pytest.fixture(scope="module")
def bonded(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bonded")
    return (*built_from(with_button(case["upper"], WITH_BUTTON), folder), folder)


def test_an_attachment_begins_a_new_epoch_of_its_tooth_and_of_nothing_else(bonded):
    _, plan, folder = bonded

    part = numbered(plan)[WITH_BUTTON]
    key = part["key"]
    spans = [(epoch["node"], epoch["from_stage"], epoch["to_stage"]) for epoch in part["epochs"]]
    assert spans == [(f"{key}-e1", 0, 1), (f"{key}-e2", 2, 3), (f"{key}-e3", 4, None)]
    assert all(other["epochs"] == [] for other in plan["parts"] if other["key"] != key)
    scene = Scene((folder / "full.glb").read_bytes())
    for node, first, last in spans:
        shown = [scene.parts()[node].is_shown(stage) for stage in range(STAGES)]
        assert shown == [first <= stage <= (STAGES if last is None else last) for stage in range(STAGES)]
    node = next(node for node in scene.gltf["nodes"] if node.get("name") == key)
    assert len(node["children"]) == 3
    assert node["extras"] == {"key": key, "arch": "upper", "kind": "tooth"}


def test_the_poses_of_a_tooth_go_on_through_its_epochs(case, bonded):
    furthest, widest = pose_errors(bonded[1], case["upper"].truth)

    assert furthest < 0.01
    assert widest < 0.05


def test_an_attachment_is_proposed_with_its_stages_and_its_place(bonded):
    _, plan, _ = bonded

    assert len(plan["attachments_found"]) == 1
    found = plan["attachments_found"][0]
    assert (found["fdi"], found["added"], found["removed"]) == (WITH_BUTTON, BONDED, REMOVED)
    frame = np.array(plan["frames"][found["key"]])
    outward = (np.array(found["point"])) @ frame[:3, 1]
    assert 2.0 < outward < 6.0
    assert plan["reductions_found"] == []


def test_an_arch_whose_teeth_change_now_and_then_is_not_meshed_anew(bonded):
    report, plan, _ = bonded

    assert report["layout"] == 2
    assert plan["notes"] == [f"Tooth {WITH_BUTTON} changes its shape at stage 2, 4."]


def test_a_tooth_without_its_attachment_is_stored_once(bonded):
    _, plan, folder = bonded
    gltf = Scene((folder / "full.glb").read_bytes()).gltf
    key = numbered(plan)[WITH_BUTTON]["key"]
    named = {node.get("name"): node for node in gltf["nodes"]}

    meshes = [gltf["nodes"][named[f"{key}-e{n}"]["children"][0]]["mesh"] for n in (1, 2, 3)]
    assert meshes[0] == meshes[2] != meshes[1]


def test_a_tooth_that_changes_while_another_one_is_bonded_is_still_there(case, tmp_path):
    tiny, fdi = case["upper"], 23
    positions = tiny.positions.copy()
    labels = shells(positions.shape[1], tiny.faces)
    middles = {label: positions[0][labels == label].mean(axis=0) for label in np.unique(labels)}
    mine = labels == min(middles, key=lambda label: float(np.linalg.norm(middles[label] - tiny.centres[fdi])))
    for stage in range(3, STAGES):
        centre = positions[stage][mine].mean(axis=0)
        positions[stage][mine] = np.minimum(positions[stage][mine], centre + np.array([2.4, 99, 99], dtype=np.float32))

    _, plan = built_from(with_button(replace(tiny, positions=positions), WITH_BUTTON), tmp_path)

    assert len(numbered(plan)) == 14
    assert [(epoch["from_stage"], epoch["to_stage"]) for epoch in numbered(plan)[fdi]["epochs"]] == [(0, 2), (3, None)]
    assert [epoch["from_stage"] for epoch in numbered(plan)[WITH_BUTTON]["epochs"]] == [0, 2, 4]


def test_stripped_enamel_is_noticed_though_the_triangles_stay(tmp_path):
    """The mesial side of one tooth is flattened from stage 3 on; its vertices no longer move as one."""
    tiny = fine_arch(dict.fromkeys(places("upper"), (44, 36)), stages=STAGES)
    fdi, positions = 11, tiny.positions.copy()
    centre, axes = places("upper")[fdi]
    first = (positions[0] - centre) @ axes
    mine = (np.abs(first) < [4.5, 3.8, 4.8]).all(axis=1) & (np.linalg.norm(first / [8.5, 7.0, 9.0], axis=1) < 0.56)
    towards = 3.7
    for stage in range(3, STAGES):
        pose = tiny.truth[fdi][stage]
        local = ((positions[stage][mine] - pose[:3, 3]) @ pose[:3, :3] - centre) @ axes
        local[:, 0] = np.minimum(local[:, 0], towards)
        positions[stage][mine] = (local @ axes.T + centre) @ pose[:3, :3].T + pose[:3, 3]
    files = case_files({"upper": replace(tiny, positions=positions)})

    _, plan = built_from(files, tmp_path)

    part = numbered(plan)[fdi]
    assert [epoch["from_stage"] for epoch in part["epochs"]] == [0, 3]
    assert [(found["fdi"], found["stage"]) for found in plan["reductions_found"]] == [(fdi, 3)]
    assert plan["attachments_found"] == []
    assert max(pose_errors(plan, tiny.truth)) < 0.05


def fine_arch(resolution, *, stages=3, seed=3):
    """A tiny arch with finer teeth. resolution: FDI -> (longitudes, latitudes)."""
    coarse = tiny_arch("upper", stages, seed=seed)
    vertices, faces, offset = [], [], 0
    for fdi, (centre, axes) in places("upper").items():
        points, triangles = ellipsoid((WIDTH_MM["upper"][fdi % 10], DEPTH_MM["upper"][fdi % 10], 9.0), *resolution[fdi])
        around = np.arctan2(points[:, 1], points[:, 0])
        points *= (1 + 0.12 * np.cos(3 * around) * (1 - (points[:, 2] / 4.5) ** 2))[:, None]  # no turn of a smooth ellipsoid is sure
        start = points @ axes.T + centre
        vertices.append(np.stack([start @ pose[:3, :3].T + pose[:3, 3] for pose in coarse.truth[fdi]]))
        faces.append(triangles + offset)
        offset += len(points)
    gum, gum_faces = gingiva("upper")
    vertices.append(np.repeat(gum[None], stages, axis=0))
    positions = np.concatenate(vertices, axis=1).astype(np.float32)
    return replace(coarse, positions=positions, faces=np.concatenate([*faces, gum_faces + offset]))


@pytest.fixture(scope="module")
def meshed_anew(tmp_path_factory):
    """Three stages whose teeth have other vertices each time, turned about their own axis a little as well."""
    folder = tmp_path_factory.mktemp("layout3")
    rng = np.random.default_rng(5)
    files = {}
    for stage in range(3):
        resolution = {fdi: (int(rng.integers(90, 104)), int(rng.integers(66, 76))) for fdi in places("upper")}
        files[f"Maxillary_stage_{stage:02d}.stl"] = fine_arch(resolution).file(stage)
    return (*built_from(files, folder), folder)


@pytest.mark.slow
def test_teeth_that_are_meshed_anew_are_followed_to_their_true_poses(meshed_anew):
    report, plan, _ = meshed_anew

    assert report["layout"] == 3
    assert len(numbered(plan)) == 14
    furthest, widest = pose_errors(plan, tiny_arch("upper", 3).truth)
    assert furthest < 0.01
    assert widest < 0.05
    assert plan["notes"] == [
        "Upper: The models are meshed anew at each stage; the teeth of the first stage were followed through the others."
    ]
    assert all(part["epochs"] == [] for part in plan["parts"])
    assert plan["attachments_found"] == plan["reductions_found"] == []


@pytest.mark.slow
def test_what_was_followed_is_measured_between_the_surfaces(meshed_anew):
    _, plan, _ = meshed_anew

    assert 0 < plan["error_um"]["teeth_followed_p99"] < 30
    assert plan["error_um"]["teeth_max"] >= plan["error_um"]["teeth_followed_p99"]
    assert "gingiva_followed_p99" not in plan["error_um"], "this gingiva has the same vertices throughout"


def test_a_gingiva_whose_margin_is_left_behind_is_not_hidden_behind_many_true_teeth():
    told = Error(3.0, 1.0, 0.0, 0.0, 4.0, 250.0).as_report()

    assert (told["teeth_max"], told["gingiva_max"], told["gingiva_followed_p99"]) == (4.0, 250.0, 250.0)


def test_an_arch_that_cannot_be_followed_is_shown_stage_by_stage_and_says_so(tmp_path):
    files = {}
    for stage in range(3):
        tiny = tiny_arch("upper", 3, fused=True)
        kept = np.random.default_rng(stage).permutation(len(tiny.faces))[: len(tiny.faces) - stage]
        files[f"Maxillary_stage_{stage:02d}.stl"] = replace(tiny, faces=tiny.faces[kept]).file(stage)

    report, plan = built_from(files, tmp_path)

    assert report["layout"] == 3
    assert [part["key"] for part in plan["parts"]] == ["upper-gingiva"]
    assert [(epoch["from_stage"], epoch["to_stage"]) for epoch in plan["parts"][0]["epochs"]] == [(0, 0), (1, 1), (2, None)]
    assert len(plan["notes"]) == 1
    assert "each stage is shown by itself" in plan["notes"][0]
    assert plan["movements"] == {}
    scene = Scene((tmp_path / "full.glb").read_bytes()).parts()
    assert [scene[f"upper-gingiva-e{n}"].is_shown(1) for n in (1, 2, 3)] == [False, True, False]
    assert len(scene["upper-gingiva-e1"].faces) < 0.5 * len(tiny_arch("upper", 1).faces)


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    """(setup.json, plan) of the example that docs/setup-package.md explains."""
    folder = tmp_path_factory.mktemp("package")
    archive = EXAMPLE / "setup-package.zip"
    report = pipeline.read(archive, folder)
    plan = pipeline.build(archive, pipeline.proposed_mapping(report), folder)
    return json.loads((EXAMPLE / "setup.json").read_text(encoding="utf-8")), plan


def test_a_setup_package_is_built_with_the_poses_and_numbers_that_it_says(packaged):
    setup, plan = packaged
    teeth = {row["tooth"]: row for row in setup["teeth"]}

    assert sorted(numbered(plan)) == sorted(teeth)
    for fdi, part in numbered(plan).items():
        said, found = np.array(teeth[fdi]["poses"]), np.array(plan["poses"][part["key"]])
        turned = Rotation.from_quat(said[:, 3:])
        since = turned * turned[0].inv()
        middle = since.apply(found[0, :3] - said[0, :3]) + said[:, :3]
        assert np.abs(middle - found[:, :3]).max() < 1e-4
        assert (
            np.degrees((Rotation.from_quat(found[:, 3:]) * Rotation.from_quat(found[0, 3:]).inv() * since.inv()).magnitude()).max() < 1e-3
        )
    assert plan["turn"] == np.eye(3).tolist()
    assert plan["stages"] == setup["stages"]


def test_what_a_package_says_beside_its_models_is_in_the_plan(packaged):
    setup, plan = packaged

    assert plan["movement_source"] in {"lab", "lab frames"}
    assert len(plan["package"]["ipr"]) == len(setup["ipr"])
    assert len(plan["package"]["attachments"]) == len(setup["attachments"])
    assert plan["error_um"]["teeth_max"] <= 5

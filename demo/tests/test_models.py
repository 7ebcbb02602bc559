"""The generated cases are what a lab would send, and the import reads them as they are meant."""

from __future__ import annotations

import io
import json
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from demo.models import expand, package, photos
from demo.models.cases import CASES
from meshes import pipeline, stl
from meshes.names import LOWER, UPPER


@pytest.fixture(scope="module")
def crossbite(tmp_path_factory):
    """One case expanded, read and built: (report, plan, folder)."""
    folder = tmp_path_factory.mktemp("crossbite")
    archive = expand.expand_case("crossbite", folder / "case.zip")
    report = pipeline.read(archive, folder / "out")
    plan = pipeline.build(archive, pipeline.proposed_mapping(report), folder / "out")
    return report, plan, folder / "out"


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_at_least_twelve_stages_an_arch(name):
    assert all(last >= 12 for last in CASES[name].last_stage.values())


@pytest.mark.parametrize("arch", [UPPER, LOWER])
def test_every_arch_has_at_least_eighty_thousand_triangles(arch):
    assert len(expand.finished_arch(arch).faces) >= 80_000


@pytest.mark.parametrize("name", CASES)
def test_no_tooth_moves_faster_than_an_aligner_can_carry_it(name):
    for poses in expand.true_poses(name).values():
        for before, after in pairwise(poses):
            turn = np.degrees(np.arccos(np.clip((np.trace(after[:3, :3] @ before[:3, :3].T) - 1) / 2, -1, 1)))
            assert turn < 3.0


def test_every_file_of_a_case_is_read_with_confidence_and_as_layout_two(crossbite):
    report, _, _ = crossbite

    assert report["layout"] == 2
    assert report["layout_refusal"] is None
    assert report["missing"] == report["doubles"] == []
    assert all(row["confidence"] >= 0.9 and row["refused"] is None for row in report["files"])
    assert {(row["arch"], row["stage"]) for row in report["files"]} == {(UPPER, s) for s in range(13)} | {(LOWER, s) for s in range(17)}


def test_an_expanded_case_goes_through_the_whole_import(crossbite):
    _, plan, out = crossbite

    assert plan["stages"] == {"upper": 12, "lower": 16}
    assert plan["triangles"]["original"] >= 160_000
    assert sorted(part["fdi"] for part in plan["parts"] if part["fdi"]) == sorted(expand.true_poses("crossbite"))
    assert plan["error_um"]["teeth_max"] <= 5.0
    assert plan["error_um"]["gingiva_max"] <= 20.0
    assert plan["bytes"]["full_br"] < 1_000_000
    assert plan["bytes"]["preview_br"] < 120_000
    assert json.loads((out / "plan.json").read_text()) == json.loads(json.dumps(plan))
    assert Image.open(out / "front.webp").mode == "RGBA"


def test_the_import_finds_the_movement_that_was_planned(crossbite):
    _, plan, _ = crossbite
    truth = expand.true_poses("crossbite")

    for part in plan["parts"]:
        if part["fdi"] is None:
            continue
        found = pipeline.relative_poses(plan["poses"][part["key"]], np.array(plan["turn"]))
        for pose, true in zip(found, truth[part["fdi"]], strict=True):
            centre = np.array([*plan["poses"][part["key"]][0][:3], 1.0])
            assert np.abs((np.array(pose) - true) @ centre).max() < 0.01


@pytest.mark.parametrize("arch", ["upper", "lower", "bite"])
def test_a_scan_is_an_ordinary_stl_of_about_forty_thousand_triangles(arch):
    triangles = stl.parse(expand.scan_stl(arch), "scan.stl")

    assert 35_000 <= len(triangles) <= 45_000


@pytest.mark.parametrize("kind", ["front_bite", "upper_occlusal", "profile", "face_smile"])
def test_a_picture_is_a_jpeg_without_any_metadata(kind):
    picture = Image.open(io.BytesIO(photos.photo(kind)))

    assert picture.format == "JPEG"
    assert not picture.getexif()


def test_a_case_as_a_setup_package_has_a_pontic_an_extraction_and_its_true_poses(tmp_path):
    archive = package.expand_package("crossbite", tmp_path / "package.zip")
    plan = pipeline.build(archive, pipeline.proposed_mapping(pipeline.read(archive, tmp_path)), tmp_path)

    there = {part["fdi"]: part["key"] for part in plan["parts"] if part["fdi"]}
    assert plan["package"]["pontics"] == [{"tooth": package.PONTIC, "until_stage": None}]
    assert package.PONTIC not in there
    assert plan["package"]["extractions"] == [{"tooth": package.EXTRACTED[0], "before_stage": package.EXTRACTED[1]}]
    assert package.EXTRACTED[0] in there
    for fdi, poses in expand.true_poses("crossbite").items():
        if fdi in there:
            rows = np.array(plan["poses"][there[fdi]])[:, :3]
            gone = [pose[:3, :3] @ rows[0] + pose[:3, 3] for pose in poses]
            assert np.abs(rows - gone).max() < 0.001

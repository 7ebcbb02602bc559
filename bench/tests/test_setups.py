"""What the figures of a setup are worth: errors are found, keys are there, nothing is met by being absent, a failure loses itself only."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from bench import browser, report, rivals, setups, setups_tables, staged
from meshes.tests.cases import case_files, tiny_case, zip_of

pytestmark = pytest.mark.once
TURN = Rotation.from_euler("z", 90, degrees=True).as_matrix()
"""From an exported frame to the portal's."""


def plan_of(motions, centre=(10.0, -4.0, 3.0)):
    """The plan of one tooth, FDI 11, that moves by `motions` (4x4 a stage, since stage 0) in the exported frame."""
    rows = []
    for motion in motions:
        point = TURN @ (motion[:3, :3] @ centre + motion[:3, 3])
        rows.append([*point, *Rotation.from_matrix(TURN @ motion[:3, :3] @ TURN.T).as_quat()])
    part = {"key": "upper-08", "fdi": 11, "kind": "tooth"}
    return {"turn": TURN.tolist(), "parts": [part], "poses": {"upper-08": rows}}


def motion(degrees=0.0, shift=(0.0, 0.0, 0.0), about=(10.0, -4.0, 3.0)):
    found = np.eye(4)
    found[:3, :3] = Rotation.from_rotvec(np.radians(degrees) * np.array([1.0, 2.0, 2.0]) / 3).as_matrix()
    found[:3, 3] = np.array(about) - found[:3, :3] @ about + shift
    return found


PLANNED = [motion(), motion(1.5, (0.2, 0.0, 0.1)), motion(3.0, (0.4, -0.1, 0.2))]


def test_poses_that_are_true_have_no_error_wherever_the_truth_begins():
    standing = motion(20, (5, 6, 7))
    errors = setups.pose_errors(plan_of(PLANNED), {11: np.array([pose @ standing for pose in PLANNED])})
    assert errors == pytest.approx((0, 0), abs=1e-6)


@pytest.mark.parametrize(("degrees", "shift"), [(0.0, 0.03), (0.08, 0.0), (30.0, 0.0), (120.0, 0.0), (175.0, 0.5)])
def test_a_single_wrong_stage_is_told_with_its_size(degrees, shift):
    wrong = [
        PLANNED[0],
        motion(degrees, (0, shift, 0), about=TURN.T @ plan_of(PLANNED)["poses"]["upper-08"][1][:3]) @ PLANNED[1],
        PLANNED[2],
    ]
    error_mm, error_deg = setups.pose_errors(plan_of(wrong), {11: np.array(PLANNED)})
    assert error_mm == pytest.approx(shift, rel=0.05, abs=1e-6)
    assert error_deg == pytest.approx(degrees, rel=0.05, abs=1e-6)


def test_a_tooth_that_was_lost_is_no_small_error():
    with pytest.raises(KeyError):
        setups.pose_errors(plan_of(PLANNED), {11: np.array(PLANNED), 12: np.array(PLANNED)})


def test_without_truth_there_is_no_error_to_tell():
    assert setups.pose_errors(plan_of(PLANNED), {}) == (None, None)


def test_every_rival_has_every_key_and_no_other_figure(tmp_path):
    archive = zip_of(tmp_path / "case.zip", {"a.stl": b"solid"})
    found = setups.rivals_of(archive, "elsewhere")
    assert tuple(found) == rivals.NAMES
    for name, about in found.items():
        assert set(rivals.KEYS) <= set(about), name
    assert found["zip"]["full_bytes"] == archive.stat().st_size
    with pytest.raises(KeyError):
        rivals.figures(full_byte=1)


def test_a_rival_that_fails_is_null_with_the_reason(capsys):
    def broken():
        raise OSError("no such tool")

    found = rivals.attempt("draco", broken)
    assert {key: found[key] for key in rivals.KEYS} == dict.fromkeys(rivals.KEYS)
    assert "no such tool" in found["why"]
    assert "draco: FAILED" in capsys.readouterr().out


def test_a_row_that_fails_loses_no_other_row(tmp_path, capsys):
    run = setups.Run("", tmp_path)

    def refused():
        raise ValueError("refused")

    run.add("first", refused)
    run.add("second", lambda: row("second"))
    assert [found["case"] for found in report.read("setups", tmp_path)["rows"]] == ["second"]
    assert "first: FAILED, ValueError: refused" in capsys.readouterr().out


def test_the_main_case_stands_at_the_top_with_its_rivals(tmp_path):
    run = setups.Run("", tmp_path)
    run.add("other", lambda: row("other", full_bytes=1))
    assert "full_bytes" not in report.read("setups", tmp_path)
    run.add(setups.MAIN, lambda: row(setups.MAIN, full_bytes=7))
    found = report.read("setups", tmp_path)
    assert (found["full_bytes"], found["preview_bytes"], set(found["rivals"])) == (7, 100, set(rivals.NAMES))
    assert [kept["case"] for kept in found["rows"]] == ["other", setups.MAIN]


def row(name, **more):
    usual = dict.fromkeys(rivals.KEYS) | {"case": name, "layout": 2, "stages": {"upper": 3}, "files": 3, "triangles": 5, "zip_bytes": 9}
    usual |= {"full_bytes": 1000, "preview_bytes": 100, "teeth_max_um": 4.0, "gingiva_max_um": 9.0, "import_cpu_s": 3, "import_wall_s": 4}
    return usual | {"rivals": {name: rivals.none("elsewhere") for name in rivals.NAMES}} | more


@pytest.mark.parametrize(("figure", "verdict"), [(None, "–"), (600_000, "met"), (600_001, "**missed**")])
def test_a_target_is_met_up_to_its_aim_and_never_by_being_absent(figure, verdict):
    full = setups_tables.TARGETS[0]
    assert full.line([row("20 stages, layout 2", full_bytes=figure), row("demo: other", full_bytes=10**9)])[-1] == verdict


def test_milliseconds_are_shown_as_ratios_beside_the_rivals():
    shown = rivals.page({"first_frame_ms": 9000.0, "stage_change_ms": 8000.0, "heap_mb": 20.0, "rounds": 3}, 214)
    ours = row("20 stages, layout 2", first_frame_ms=1000.0, stage_change_ms=100.0, heap_mb=10.0, rounds=3)
    ours["rivals"]["stlloader"] = shown
    text = setups_tables.section({"machine": report.machine(), "rows": [ours]})
    assert "| Midline | 1,000 | 1.0 | – | – | 100 | 1.0 | 10.0 | 3 |" in text
    assert "| 9,000 | 9.0 | – | – | 8,000 | 80.0 | 20.0 | 3 |" in text


def test_the_median_of_the_rounds_is_kept_and_a_page_that_never_came_is_null():
    rounds = {figure: [3.0, 1.0, 2.0] for figure in browser.FIGURES}
    assert browser.summed(rounds, None) == dict.fromkeys(browser.FIGURES, 2.0) | {"rounds": 3}
    assert browser.summed({}, "nothing was drawn") == dict.fromkeys(browser.FIGURES) | {"rounds": 0, "why": "nothing was drawn"}


def test_halving_every_edge_keeps_the_surface():
    points = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]], dtype=float)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], dtype=np.int32)
    finer, triangles = staged.halved(points, faces)
    assert (len(finer), len(triangles)) == (10, 16)
    area = lambda p, f: np.linalg.norm(np.cross(p[f[:, 1]] - p[f[:, 0]], p[f[:, 2]] - p[f[:, 0]]), axis=1).sum()  # noqa: E731
    assert area(finer, triangles) == pytest.approx(area(points, faces))
    assert staged.normals(finer, triangles)[0] @ np.ones(3) < 0


def test_the_kept_results_have_every_key():
    for kept in report.read("setups")["rows"]:
        assert set(rivals.KEYS) <= set(kept), kept["case"]
        assert set(rivals.NAMES) <= set(kept["rivals"]), kept["case"]
        for name, about in kept["rivals"].items():
            assert set(rivals.KEYS) <= set(about), (kept["case"], name)


@pytest.mark.slow
def test_the_made_case_stands_where_its_truth_says():
    case = {"lower": staged.made_arch("lower", 0.1, np.random.default_rng(1))}
    again = {"lower": staged.made_arch("lower", 0.1, np.random.default_rng(1))}
    true = staged.truth(case)
    arch = case["lower"]
    start, end = arch.parts_at(0), arch.parts_at(staged.LAST_STAGE)
    assert len(true) == 14
    for fdi, poses in true.items():
        points, faces = start[f"Tooth_{fdi}"]
        moved = points @ poses[-1][:3, :3].T + poses[-1][:3, 3]
        assert np.allclose(moved, end[f"Tooth_{fdi}"][0], atol=1e-9)
        assert np.array_equal(faces, again["lower"].teeth[fdi][1])
    assert not np.allclose(start["Mandibular_gingiva"][0], end["Mandibular_gingiva"][0], atol=0.05)


@pytest.mark.slow
def test_an_import_of_a_known_case_is_measured_whole(tmp_path):
    case = tiny_case()
    archive = zip_of(tmp_path / "tiny.zip", case_files(case))
    truth = {fdi: poses for arch in case.values() for fdi, poses in arch.truth.items()}
    found = setups.measured("made: tiny", archive, truth, tmp_path / "out")
    assert set(rivals.KEYS) <= set(found)
    assert found["pose_max_mm"] < 0.01
    assert found["pose_max_deg"] < 0.05
    assert found["import_cpu_s"] > 0
    assert json.loads(json.dumps(found)) == found

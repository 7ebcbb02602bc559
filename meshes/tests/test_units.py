"""In which unit an export is."""

import numpy as np
import pytest

from meshes import pipeline, stl, units
from meshes.errors import BadFile
from meshes.tests.cases import case_files, tiny_case, zip_of


def scaled(factor):
    return {name: stl.write(stl.parse(data, name) * np.float32(factor)) for name, data in case_files(tiny_case(3)).items()}


@pytest.mark.parametrize(("unit", "factor"), units.FACTORS.items(), ids=units.FACTORS)
def test_an_export_in_another_unit_is_built_as_if_it_were_in_millimetres(tmp_path, unit, factor):
    found = pipeline.read(zip_of(tmp_path / "a.zip", scaled(1 / factor)), tmp_path / "read")
    assert unit in [fit["unit"] for fit in found["unit"]["fits"]]
    assert not any(row["refused"] for row in found["files"])
    mapping = [row | {"scale": factor} for row in pipeline.proposed_mapping(found)]
    plan = pipeline.build(tmp_path / "a.zip", mapping, tmp_path / "built")

    whole = zip_of(tmp_path / "mm.zip", scaled(1))
    same = pipeline.build(whole, pipeline.proposed_mapping(pipeline.read(whole, tmp_path / "mm")), tmp_path / "same")
    assert plan["scale"] == factor
    assert list(plan["poses"]) == list(same["poses"])
    for key, poses in plan["poses"].items():
        assert np.abs(np.array(poses) - np.array(same["poses"][key])).max() < 0.002


@pytest.mark.parametrize("box", [0.0, 0.001, 0.3, 20.0, 60.0, 400.0])
def test_what_fits_no_unit_or_is_in_millimetres_is_not_asked_about(box):
    assert units.question(box) is None


def units_of(box: float) -> list[str]:
    asked = units.question(box)
    assert asked
    return [fit["unit"] for fit in asked["fits"]]


def test_the_likeliest_unit_comes_first():
    assert units_of(2.4) == ["in", "cm"]
    assert units_of(6.0) == ["cm"]
    assert units_of(0.06) == ["m"]


@pytest.mark.parametrize("scales", [[25.4, 10.0, 25.4], [2.0, 2.0, 2.0], [-1, -1, -1]], ids=["several", "unknown", "negative"])
def test_a_mapping_with_other_factors_is_refused(tmp_path, scales):
    path = zip_of(tmp_path / "a.zip", {f"upper_{n}.stl": case_files(tiny_case(3))[f"Maxillary_stage_{n:02d}.stl"] for n in range(3)})
    rows = [{"name": f"upper_{n}.stl", "arch": "upper", "stage": n, "scale": scale} for n, scale in enumerate(scales)]
    with pytest.raises(BadFile, match="factors"):
        pipeline.build(path, rows, tmp_path / "out")


def test_teeth_in_millimetres_that_span_little_are_not_asked_about(tmp_path):
    crown = stl.write(stl.parse(case_files(tiny_case(2))["Maxillary_stage_00.stl"], "a.stl")[:200])
    found = pipeline.read(zip_of(tmp_path / "a.zip", {f"Stage {n}/Tooth_11.stl": crown for n in range(6)}), tmp_path / "read")

    assert found["unit"] is None

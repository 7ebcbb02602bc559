"""One scan of an order: read strictly in three formats, pictured, and packed for the browser."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from meshes import pipeline, scan, surfaces
from meshes.decode import Scene
from meshes.errors import BadFile
from meshes.obj import parse_obj
from meshes.tests.cases import ellipsoid, tiny_arch, zip_of


@pytest.fixture(scope="module")
def tiny():
    return tiny_arch("lower", 1)


def ply(vertices, faces, *, kind="binary_little_endian", extra=""):
    head = f"ply\nformat {kind} 1.0\ncomment by a scanner\nelement vertex {len(vertices)}\n"
    head += "property float x\nproperty float y\nproperty float z\n" + extra
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    if kind == "ascii":
        rows = [" ".join(f"{v:.5f}" for v in row) for row in vertices] + ["3 " + " ".join(map(str, face)) for face in faces]
        return (head + "\n".join(rows) + "\n").encode()
    order = "<" if "little" in kind else ">"
    records = np.zeros(len(faces), np.dtype([("n", "u1"), ("v", order + "i4", 3)]))
    records["n"], records["v"] = 3, faces
    return head.encode() + np.asarray(vertices, order + "f4").tobytes() + records.tobytes()


def obj(vertices, faces, head="mtllib ../../etc/passwd\no scan\n"):
    return (
        head
        + "".join(f"v {x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in vertices)
        + "".join(f"f {a + 1}//1 {b + 1}//1 {c + 1}//1\n" for a, b, c in faces)
    ).encode()


@pytest.mark.parametrize("kind", ["binary_little_endian", "binary_big_endian", "ascii"])
def test_a_ply_is_read_in_each_of_its_forms(tiny, kind):
    vertices, faces = surfaces.parse_ply(ply(tiny.positions[0], tiny.faces, kind=kind), "scan.ply")

    assert np.allclose(vertices, tiny.positions[0], atol=1e-4)
    assert np.array_equal(faces, tiny.faces)


def test_an_obj_is_read_and_what_it_points_to_is_not(tiny):
    vertices, faces = parse_obj(obj(tiny.positions[0], tiny.faces), "scan.obj")

    assert np.allclose(vertices, tiny.positions[0], atol=1e-4)
    assert np.array_equal(faces, tiny.faces)


def test_an_obj_with_negative_indices_and_quads_is_read():
    vertices, faces = parse_obj(b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf -4 -3 -2 -1\nf 1 2 3\nf 1 3 4\n", "a.obj")

    assert faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2], [0, 2, 3]]
    assert len(vertices) == 4


V, F = ellipsoid((40, 40, 30))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"ply\nformat ascii 1.0\n", "no end"),
        (ply(V, F).replace(b"binary_little_endian", b"binary_middle_endian"), "is not one"),
        (ply(V, F)[:-40], "Cut off"),
        (ply(V, F)[:400], "Cut off"),
        (ply(V, F).replace(b"element face %d" % len(F), b"element face 999999999"), "999,999,999"),
        (ply(V, F + 9), "names vertex"),
        (ply(V, F - 9), "does not exist"),
        (ply(np.where(V.max() == V, np.nan, V), F), "not a number"),
        (ply(V * 1000, F), "mm from the origin"),
        (ply(V, F, kind="ascii").replace(b"3 0 ", b"99 0 ", 1), "corners"),
        (ply(V, F, kind="ascii").replace(b"3 0 ", b"x 0 ", 1), "not a number"),
        (ply(V, F, extra="element thing 5\nproperty list uchar float q\n"), "not understood"),
        (ply(V, F, extra="element thing 5\nproperty float q\n"), "Cut off"),
        (ply(V, F).replace(b"property float x", b"property cloud x"), "not understood"),
        (ply(V, F).replace(b"list uchar int vertex_indices", b"list uchar vertex_indices"), "not understood"),
        (ply(V, F).replace(b"list uchar int", b"list float int"), "not understood"),
        (ply(V, F, kind="ascii").replace(b"3 0 ", b"3 1%s " % (b"0" * 30), 1), "does not exist"),
        (ply(V, F[:2]), "2 triangles"),
        (
            b"ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nend_header\n" + b"0 0 0\n" * 4,
            "no surface",
        ),
    ],
)
def test_a_malformed_ply_is_refused(data, words):
    with pytest.raises(BadFile, match=words) as refused:
        surfaces.parse_ply(data, "scan.ply")
    assert refused.value.file == "scan.ply"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"v 0 0 0\nv 1 0 0\n" + b"f 1 2 3\n" * 5, "names vertex"),
        (b"v 0 0 0\nv 1 1 1\n", "no surface"),
        (b"v 0 zero 0\n", "not understood"),
        (b"v 0 0 0\nf 1 /2 3\n", "not understood"),
        (b"v 0 0 0\nf 1 1\n", "corners"),
        (b"\x00\x01binary", "not text"),
        (b"v 0 0 0\nv 1 0 nan\nv 0 1 0\n" + b"f 1 2 3\n" * 5, "not a number"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\n" + b"f 1 2 -9\n" * 5, "does not exist"),
    ],
)
def test_a_malformed_obj_is_refused(data, words):
    with pytest.raises(BadFile, match=words):
        parse_obj(data, "scan.obj")


@pytest.mark.parametrize("ending", ["stl", "ply", "obj"])
def test_a_scan_gets_a_report_a_picture_and_a_model_for_the_browser(tiny, tmp_path, ending):
    data = {"stl": tiny.file(0), "ply": ply(tiny.positions[0], tiny.faces), "obj": obj(tiny.positions[0], tiny.faces)}[ending]
    (tmp_path / "blob").write_bytes(data)

    report = pipeline.read_scan(tmp_path / "blob", tmp_path / "out", shown_as=f"Lower.{ending.upper()}")

    assert report == {
        "format": ending.upper(),
        "triangles": len(tiny.faces),
        "box_mm": [round(float(side), 2) for side in np.ptp(tiny.positions[0], axis=0)],
        "unit_warning": None,
        "refused": None,
    }
    assert Image.open(tmp_path / "out" / "thumb.webp").size == (520, 400)
    shown = Scene((tmp_path / "out" / "preview.glb").read_bytes()).parts()["scan"].vertices_at(0)
    assert np.abs(shown.min(axis=0) - tiny.positions[0].min(axis=0)).max() < 0.01


def test_a_broken_scan_is_reported_not_raised(tmp_path):
    (tmp_path / "a.stl").write_bytes(b"<html>" * 40)

    report = pipeline.read_scan(tmp_path / "a.stl", tmp_path / "out")

    assert report["refused"]["file"] == "a.stl"
    assert "web page" in report["refused"]["reason"]
    assert report["triangles"] is None


def test_a_scan_in_metres_is_asked_about(tiny, tmp_path):
    small = type(tiny)("lower", tiny.positions / np.float32(1000), tiny.faces, {}, {})
    (tmp_path / "a.stl").write_bytes(small.file(0))

    report = pipeline.read_scan(tmp_path / "a.stl", tmp_path / "out")

    assert report["refused"] is None
    assert "millimetres" in report["unit_warning"]


def test_a_zip_with_one_model_is_that_model_and_with_two_is_refused(tiny, tmp_path):
    one = zip_of(tmp_path / "one.zip", {"Lower.stl": tiny.file(0), "readme.txt": b"x"})
    two = zip_of(tmp_path / "two.zip", {"Lower.stl": tiny.file(0), "Upper.stl": tiny.file(0)})

    assert pipeline.read_scan(one, tmp_path / "out")["format"] == "STL"
    assert "2 models" in pipeline.read_scan(two, tmp_path / "out")["refused"]["reason"]


def test_another_ending_is_refused(tmp_path):
    (tmp_path / "scan.dcm").write_bytes(b"DICM")

    with pytest.raises(BadFile, match=r"ends in “\.dcm”"):
        scan.load(tmp_path / "scan.dcm", "scan.dcm")


def test_a_large_scan_is_thinned_for_the_browser_but_counted_whole(tmp_path, monkeypatch, tiny):
    monkeypatch.setattr(scan, "SHOWN_TRIANGLES", 1_000)
    (tmp_path / "a.stl").write_bytes(tiny.file(0))

    report = pipeline.read_scan(tmp_path / "a.stl", tmp_path / "out")

    shown = Scene((tmp_path / "out" / "preview.glb").read_bytes()).parts()["scan"]
    assert report["triangles"] == len(tiny.faces) > 4 * len(shown.faces)

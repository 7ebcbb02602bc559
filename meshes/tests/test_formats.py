"""Staged models in STL, PLY, OBJ and GLB: the same geometry comes out of each, and what is not exactly one is refused with its reason."""

from __future__ import annotations

import json
import struct
import warnings

import numpy as np
import pytest

from meshes import formats, gltf_in, pipeline, reading
from meshes.archive import Archive
from meshes.errors import BadFile
from meshes.fuzz_seeds import ball, glb_bytes, glb_of, obj_text, ply_binary, ply_text, stl_bytes, stl_text, zip_bytes
from meshes.progress import silent
from meshes.tests.cases import case_files, ellipsoid, tiny_arch, tiny_case, zip_of

POINTS, FACES = ball()
TRIANGLES = POINTS[FACES].astype(np.float32)
QUADS = [(0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (2, 3, 7, 6), (0, 3, 7, 4), (1, 2, 6, 5)]
CUBE = np.array([(x, y, z) for z in (0, 30) for x, y in ((0, 0), (30, 0), (30, 30), (0, 30))], dtype=float)

SAME = {
    "a.stl": stl_bytes(POINTS, FACES),
    "text.stl": stl_text(POINTS, FACES),
    "little.ply": ply_binary(POINTS, FACES.tolist()),
    "big.ply": ply_binary(POINTS, FACES.tolist(), order=">"),
    "coloured.ply": ply_binary(POINTS, FACES.tolist(), coloured=True),
    "text.ply": ply_text(POINTS, FACES.tolist()),
    "coloured text.ply": ply_text(POINTS, FACES.tolist(), coloured=True),
    "A.OBJ": obj_text(POINTS, FACES.tolist()),
    "one.glb": glb_bytes({"model": (POINTS, FACES)}),
}


@pytest.mark.parametrize("name", SAME)
def test_every_format_gives_the_same_triangles_in_the_same_order(name):
    assert np.abs(formats.triangles(SAME[name], name) - TRIANGLES).max() < 1e-3

    points, faces = formats.load(SAME[name], name)

    assert (points.dtype.name, faces.dtype.name) == ("float64", "int32")
    assert np.abs(points[faces] - TRIANGLES).max() < 1e-3


MIXED = [*QUADS[:3], (2, 3, 7), (2, 7, 6), *QUADS[4:]]


@pytest.mark.parametrize("polygons", [QUADS, MIXED], ids=["quads", "mixed"])
@pytest.mark.parametrize("write", [ply_binary, ply_text, obj_text], ids=["binary PLY", "text PLY", "OBJ"])
def test_polygons_are_cut_into_triangles_of_the_same_area(polygons, write):
    name = "cube.obj" if write is obj_text else "cube.ply"

    corners = formats.triangles(write(CUBE, polygons), name)

    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    assert len(corners) == 12
    assert area == pytest.approx(6 * 30 * 30)


def refused(data, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadFile) as error:
            formats.pieces(data, name)
    assert error.value.reason.endswith(".")
    assert error.value.remedy.endswith(".")
    return error.value.reason


@pytest.mark.parametrize(
    ("polygons", "words"),
    [
        ([*QUADS[:5], (0, 1)], "does not list its corners"),
        ([*QUADS[:5], tuple(range(8)) * 3], "does not list its corners"),
        ([*QUADS[:5], (0, 1, 99)], "names vertex 100"),
        ([*QUADS[:5], (0, 1, -2)], "a vertex that does not exist"),
    ],
    ids=["a line", "too many", "no such vertex", "a negative one"],
)
@pytest.mark.parametrize("write", [ply_binary, ply_text], ids=["binary", "text"])
def test_a_ply_face_that_is_none_is_refused(polygons, words, write):
    assert words in refused(write(CUBE, polygons), "a.ply")


def test_a_ply_cut_off_in_its_mixed_faces_is_refused():
    assert "Cut off" in refused(ply_binary(CUBE, MIXED)[:-3], "a.ply")


def test_a_signalling_nan_is_refused_without_a_warning():
    data = bytearray(ply_binary(POINTS, FACES.tolist()))
    at = data.index(b"end_header\n") + len(b"end_header\n")
    data[at : at + 4] = b"\x01\x00\x80\x7f"

    assert refused(bytes(data), "a.ply") == "One of its vertices is not a number."


def glb(changes=None, **members):
    """A sound GLB with members of its JSON replaced, or changed in place by a function."""
    data = glb_bytes({"model": (POINTS, FACES)})
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length]) | members
    if changes:
        changes(document)
    return glb_of(document, data[28 + length :])


def deep(document):
    document["nodes"] = [{"children": [index + 1]} for index in range(100)] + [{"mesh": 0}]
    document["scenes"] = [{"nodes": [0]}]


def patched(*path, value):
    """A function that replaces one value deep inside the JSON."""

    def change(document):
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

    return change


PRIMITIVE = ("meshes", 0, "primitives", 0)
HOSTILE = {
    "empty": (b"", "does not begin like one"),
    "a web page": (b"<html>" + b" " * 100, "does not begin like one"),
    "version 1": (b"glTF\x01\0\0\0" + glb()[8:], "version 1"),
    "cut off": (glb()[:-7], "announces"),
    "a chunk too long": (glb()[:12] + b"\xff\xff\xff\x7f" + glb()[16:], "middle of a chunk"),
    "no JSON": (glb_of([], b""), "not proper JSON"),
    "NaN in JSON": (glb(patched("nodes", 0, "translation", value=[float("nan"), 0, 0])), "not proper JSON"),
    "deep JSON": (b"glTF" + struct.pack("<IIII", 2, 20 + 400_000, 400_000, 0x4E4F534A) + b"[" * 400_000, "not proper JSON"),
    "an address": (glb(buffers=[{"uri": "https://example.org/a.bin", "byteLength": 9}]), "never fetched"),
    "a file of the server": (glb(buffers=[{"uri": "file:///etc/passwd", "byteLength": 9}]), "never fetched"),
    "Draco": (glb(extensionsRequired=["KHR_draco_mesh_compression"]), "KHR_draco_mesh_compression"),
    "animation": (glb(animations=[{}]), "animation"),
    "itself below itself": (glb(patched("nodes", 0, "children", value=[0])), "below itself"),
    "too deep": (glb(deep), "below itself or too deep"),
    "no such mesh": (glb(patched("nodes", 0, "mesh", value=7)), "meshes has no number 7"),
    "a mesh by name": (glb(patched("nodes", 0, "mesh", value="0")), "meshes has no number 0"),
    "lines": (glb(patched(*PRIMITIVE, "mode", value=1)), "points, lines or strips"),
    "morph targets": (glb(patched(*PRIMITIVE, "targets", value=[{"POSITION": 0}])), "morph targets"),
    "no positions": (glb(patched(*PRIMITIVE, "attributes", value={})), "no positions"),
    "sparse": (glb(patched("accessors", 0, "sparse", value={})), "sparsely"),
    "count too large": (glb(patched("accessors", 0, "count", value=5_000_000)), "Cut off"),
    "count huge": (glb(patched("accessors", 0, "count", value=10**11)), "100,000,000,000 values"),
    "count below zero": (glb(patched("accessors", 0, "count", value=-1)), "“count” is -1"),
    "view outside": (glb(patched("bufferViews", 0, "byteOffset", value=10**9)), "Cut off"),
    "stride of nothing": (glb(patched("bufferViews", 0, "byteStride", value=1)), "byteStride"),
    "another buffer": (glb(patched("bufferViews", 0, "buffer", value=1)), "outside the file"),
    "corners as numbers with a point": (glb(patched("accessors", 1, "componentType", value=5126)), "not whole numbers"),
    "corners that are no triangles": (glb(patched("accessors", 1, "count", value=len(FACES) * 3 - 1)), "make no triangles"),
    "squeezed flat": (glb(patched("nodes", 0, "scale", value=[1, 1, 0])), "squeezed flat"),
    "a rotation of nothing": (glb(patched("nodes", 0, "rotation", value=[0, 0, 0, 0])), "a rotation is none"),
    "far away": (glb(patched("nodes", 0, "translation", value=[5000, 0, 0])), "from the origin"),
    "endlessly far": (glb(patched("nodes", 0, "translation", value=[1e300, 0, 0])), "too large"),
    "nothing in it": (glb(nodes=[], scenes=[{"nodes": []}]), "no node has triangles"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_glb_that_is_none_is_refused_with_its_reason(what):
    data, words = HOSTILE[what]
    assert words in refused(data, "a.glb")


def test_no_file_but_itself_is_read_for_a_glb_with_pictures(tmp_path):
    data = glb(images=[{"uri": "file:///etc/passwd"}], textures=[{"source": 0}])

    assert len(formats.pieces(data, "a.glb")) == 1


def test_a_glb_is_placed_by_its_nodes_and_mirrored_faces_are_turned_back():
    data = glb(patched("nodes", 0, value={"mesh": 0, "scale": [-1, 1, 1], "translation": [3, 0, 0]}))

    (node,) = gltf_in.parse_glb(data, "a.glb")

    assert np.abs(node.points - (POINTS * [-1, 1, 1] + [3, 0, 0])).max() < 1e-4
    assert np.array_equal(node.faces, FACES[:, ::-1])


def test_a_glb_in_metres_comes_out_in_millimetres():
    (node,) = gltf_in.parse_glb(glb_bytes({"model": (POINTS / 1000, FACES)}), "a.glb")

    assert np.abs(node.points - POINTS).max() < 1e-3


def test_quantised_positions_are_read():
    values = np.clip(np.round(POINTS / 30 * 32767), -32767, 32767).astype("<i2")
    padded = np.zeros((len(values), 4), "<i2")
    padded[:, :3] = values
    data = glb_of(
        {
            "asset": {"version": "2.0"}, "extensionsRequired": ["KHR_mesh_quantization"], "nodes": [{"mesh": 0, "scale": [30, 30, 30]}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
            "accessors": [
                {"bufferView": 0, "componentType": 5122, "normalized": True, "count": len(values), "type": "VEC3"},
                {"bufferView": 1, "componentType": 5121, "count": FACES.size, "type": "SCALAR"},
            ],
            "bufferViews": [
                {"buffer": 0, "byteLength": padded.nbytes, "byteStride": 8},
                {"buffer": 0, "byteOffset": padded.nbytes, "byteLength": FACES.size},
            ],
            "buffers": [{"byteLength": padded.nbytes + FACES.size}],
        },
        padded.tobytes() + FACES.astype("<u1").tobytes(),
    )  # fmt: skip

    assert np.abs(formats.triangles(data, "a.glb") - TRIANGLES).max() < 2e-3


def test_nodes_named_after_teeth_are_pieces_and_others_are_one_model():
    teeth = {"Tooth_11": ball((9, 8, 9)), "21": ball((9, 8, 9), (9, 0, 0)), "gingiva/upper": ball()}
    named = formats.pieces(glb_bytes(teeth), "a.glb")
    plain = formats.pieces(glb_bytes({"mesh_0": ball(), "mesh_1": ball()}), "a.glb")

    assert [piece.name for piece in named] == ["Tooth_11", "21", "gingiva_upper"]
    assert [(piece.name, len(piece.triangles)) for piece in plain] == [("", 2 * len(FACES))]


def test_nodes_of_one_name_are_told_apart():
    nodes = [gltf_in.Node(name, POINTS, FACES) for name in ("Tooth", "tooth", "tooth (2)", "")]

    assert formats.distinct(nodes) == ["Tooth", "tooth (2)", "tooth (2) (2)", "node"]


def converted(name, data):
    points, faces = formats.load(data, "a.stl")
    ending = name.rsplit(".", 1)[-1]
    if ending == "ply":
        return ply_binary(points, faces.tolist())
    return obj_text(points, faces.tolist()) if ending == "obj" else glb_bytes({"arch": (points, faces)})


@pytest.mark.parametrize("ending", [pytest.param("ply", marks=pytest.mark.slow), pytest.param("obj", marks=pytest.mark.slow), "glb"])
def test_a_setup_in_another_format_is_read_and_built_like_stl(tmp_path, ending):
    files = {}
    for name, data in case_files(tiny_case(2)).items():
        other = name.replace(".stl", f".{ending}")
        files[other] = converted(other, data)
    archive = zip_of(tmp_path / "a.zip", files)

    report = pipeline.read(archive, tmp_path)

    assert (report["layout"], report["layout_refusal"]) == (2, None)
    assert all(row["refused"] is None and row["confidence"] >= 0.9 and row["thumb"] for row in report["files"])
    plan = pipeline.build(archive, pipeline.proposed_mapping(report), tmp_path)
    assert plan["stages"] == {"upper": 1, "lower": 1}
    assert sum(part["kind"] == "tooth" for part in plan["parts"]) == 28


def tooth_nodes(arch, stage):
    """Nodes of one stage, named after the teeth, from an arch with one shell a tooth."""
    size = len(ellipsoid((1, 1, 1))[1])
    found = {}
    for index, fdi in enumerate(arch.truth):
        triangles = arch.positions[stage][arch.faces[index * size : (index + 1) * size]].reshape(-1, 3)
        found[f"Tooth_{fdi}"] = (triangles.astype(float), np.arange(len(triangles)).reshape(-1, 3))
    gum = arch.positions[stage][arch.faces[len(arch.truth) * size :]].reshape(-1, 3)
    found["Maxillary_gingiva"] = (gum.astype(float), np.arange(len(gum)).reshape(-1, 3))
    return found


def obj_of(nodes):
    rows, count = [], 1
    for name, (points, faces) in nodes.items():
        rows += [f"o {name}", *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in points)]
        rows += ["f " + " ".join(str(index + count) for index in face) for face in faces]
        count += len(points)
    return ("\n".join(rows) + "\n").encode()


@pytest.mark.parametrize(("ending", "write"), [("glb", glb_bytes), ("obj", obj_of)], ids=["GLB", "OBJ"])
def test_a_file_a_stage_with_parts_named_after_teeth_is_a_file_a_tooth(tmp_path, ending, write):
    arch = tiny_arch("upper", 2)
    files = {f"Stage_{stage:02d}.{ending}": write(tooth_nodes(arch, stage)) for stage in range(2)}
    path = zip_of(tmp_path / "a.zip", files)

    report = pipeline.read(path, tmp_path)

    assert report["layout"] == 1
    assert len(report["files"]) == 30
    row = next(row for row in report["files"] if row["name"] == f"Stage_01.{ending}/Tooth_21")
    assert (row["stage"], row["part"], row["fdi"], row["arch"], row["number"]) == (1, "tooth", 21, "upper", "21")
    assert all(row["confidence"] >= 0.9 for row in report["files"])
    with Archive(path) as archive:
        models = reading.Models(archive)
        assert list(models.entries) == [row["name"] for row in report["files"]]
        assert len(models.triangles(f"Stage_01.{ending}/Tooth_21")) == row["triangles"]
        with pytest.raises(KeyError):
            models.triangles(f"Stage_01.{ending}/Tooth_48")


def test_a_piece_that_bears_the_name_of_a_file_is_refused(tmp_path):
    files = {"Stage_0.glb": glb_bytes(tooth_nodes(tiny_arch("upper", 1), 0)), "Stage_0.glb/Tooth_11": b"x"}

    report = reading.read_archive(zip_of(tmp_path / "a.zip", files), tmp_path, silent)

    assert "same name" in report["files"][0]["refused"]["reason"]


@pytest.mark.parametrize("name", ["a.gltf", "a.3mf", "a.dcm"])
def test_other_models_are_refused_by_name_and_not_passed_over(tmp_path, name):
    report = pipeline.read(zip_of(tmp_path / "a.zip", {name: b"x" * 100}), tmp_path)

    assert report["files"][0]["refused"]["remedy"].startswith("Export it as")


def test_a_zip_of_all_formats_at_once_keeps_the_good_ones(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes(SAME | {"broken.glb": b"glTF", "broken.ply": b"ply", "broken.obj": b"f 1 2"}))

    report = pipeline.read(path, tmp_path)

    assert [row["name"] for row in report["files"] if row["refused"]] == ["broken.glb", "broken.ply", "broken.obj"]


def test_many_rows_are_read_as_few_are():
    count = 45_000
    points = np.random.default_rng(5).normal(0, 20, (count, 3)).round(4)
    faces = np.random.default_rng(6).integers(0, count, (count, 3))
    polygons = [[*map(int, face)] for face in faces]
    polygons[41_000] = [1, 2, 3, 4]

    ply = formats.triangles(ply_text(points, polygons), "a.ply")
    obj = formats.triangles(obj_text(points, polygons), "a.obj")

    assert len(ply) == len(obj) == count + 1
    assert np.array_equal(ply, obj)
    assert np.abs(ply[-1] - points[faces[-1]]).max() < 1e-3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"v 1 2\nv 1 2 3\nf 1 2 1\n", "v 1 2"),
        (b"v 0 0 0\nv 1 0 0 0.5 0.5 0.5\nv 0 1 0\nv 0 0 1\nf 1 2 x\n", "f 1 2 x"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 1.5\n", "f 1 2 1.5"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\nf 1 2 3\nf 1 2 3\nf 1 2 3\n", "does not exist"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 nan\n", "f 1 2 nan"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2\n", "too few or too many corners"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf\n", "too few or too many corners"),
        (b"v 0 0 0\nv 1_0 0 0\nv 0 1 0\nf 1 2 3\n", "v 1_0 0 0"),
    ],
    ids=["short vertex", "letter", "half", "zero", "nan", "two corners", "no corners", "underscore"],
)
def test_a_line_of_an_obj_that_is_none_is_shown(text, words):
    assert words in refused(text, "a.obj")


def test_vertices_with_and_without_colours_are_read_alike():
    text = b"v 0 0 0\nv 10 0 0 0.5 0.5 0.5\nv\t0 10 0\r\nv 0 0 10\nf 1 2 3\nf 1/1 2/2 4/4\nf -4//1 -2//1 -1//1\nf 2 3 4\n"

    assert formats.triangles(text, "a.obj")[2].tolist() == [[0, 0, 0], [0, 10, 0], [0, 0, 10]]


def test_line_ends_of_old_macs_are_read():
    text = obj_text(POINTS, FACES.tolist()).replace(b"\n", b"\r")

    assert np.abs(formats.triangles(text, "a.obj") - TRIANGLES).max() < 1e-3


def test_small_groups_of_an_obj_that_name_no_tooth_stay_one_model():
    text = obj_text(POINTS, FACES.tolist()).replace(b"f 1/1/1", b"g patch\nf 1/1/1").replace(b"f 42/1/1", b"g lid\nf 42/1/1")

    (piece,) = formats.pieces(text, "a.obj")

    assert (piece.name, len(piece.triangles)) == ("", len(FACES))

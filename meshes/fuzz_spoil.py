"""How `fuzz` spoils files: bytes turned, cut, doubled, spliced; numbers in texts replaced; JSON changed with sound lengths round it."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from hypothesis import strategies as st

from meshes import fuzz_seeds as seeds

LONGEST: Final = 400_000
INTERESTING: Final = (0, 1, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FF80000, 0x7F800000, 0x7F800001)
NUMBERS: Final = (
    b"nan",
    b"inf",
    b"-inf",
    b"1e999",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1e-320",
    b"0x10",
    b"",
    b"1_0",
    "٣".encode(),
    b"--2",
)
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2, 255, 2**31, 2**53, 10**30, -0.0, 1e308, 0.1, "", "x", "11", "../../etc/passwd",
    "\u0000", "é" * 300, "meshes/a.stl", [], {}, [[]], [0], [0, 0, 0, 0, 0, 0, 1], {"uri": "file:///etc/passwd"}, [1] * 300,
)  # fmt: skip
NAME_PARTS: Final = (
    "Upper", "lower", "Stage", "03", "tooth", "11", "_", " ", "-", "/", "#", "UR1", "T", "v2",
    ".", "上颌", "Ober", "%s", "{0}", "\u202e", "'", '"', "<b>", "\n", "é", "0" * 40,
)  # fmt: skip


@dataclass(frozen=True)
class Spoilt:
    """One file to try. kind: which seed it comes from."""

    kind: str
    name: str
    data: bytes

    def __repr__(self) -> str:
        return f"Spoilt({self.kind!r}, {self.name!r}, {len(self.data):,} bytes)"


@cache
def seed_files() -> dict[str, tuple[str, bytes]]:
    """kind -> (name, bytes) of well-formed files."""
    points, faces = seeds.ball()
    polygons: list[list[int]] = faces.tolist()
    mixed = [[*polygons[0]], [*polygons[1], polygons[2][2]], *polygons[3:]]
    nodes = {"Tooth_11": seeds.ball((9, 8, 9)), "Tooth_12": seeds.ball((8, 8, 9), (9, 0, 0)), "gingiva upper": (points, faces)}
    other = (points + 1.0, faces)
    rows = seeds.obj_text(points, polygons).replace(b"o model\n", b"").split(b"\n")
    files = {
        "stl": ("a.stl", seeds.stl_bytes(points, faces)),
        "stl-text": ("a.stl", seeds.stl_text(points, faces)),
        "ply": ("a.ply", seeds.ply_binary(points, polygons)),
        "ply-big": ("a.ply", seeds.ply_binary(points, mixed, order=">", coloured=True)),
        "ply-text": ("a.ply", seeds.ply_text(points, mixed, coloured=True)),
        "obj": ("a.obj", seeds.obj_text(points, mixed)),
        "obj-teeth": ("a.obj", b"\n".join([b"o Tooth_11", *rows[:-40], b"o Tooth_12", *rows[-40:]])),
        "glb": ("a.glb", seeds.glb_bytes({"model": (points, faces)})),
        "glb-teeth": ("a.glb", seeds.glb_bytes(nodes)),
        "zip-arches": ("a.zip", seeds.zip_bytes({"Upper_stage_0.stl": seeds.stl_bytes(points, faces), "U_1.stl": seeds.stl_bytes(*other)})),
        "zip-glb": ("a.zip", seeds.zip_bytes({"Stage_0.glb": seeds.glb_bytes(nodes)})),
        "package": ("a.zip", seeds.zip_bytes(package_files())),
    }
    return {kind: files[kind] for kind in files}


@cache
def package_files() -> dict[str, bytes]:
    """A small setup package: three teeth, three stages."""
    teeth = [
        {
            "tooth": fdi,
            "mesh": f"meshes/{fdi}.stl",
            "poses": [[x, 0.1 * stage, 0, 0, 0, 0, 1] for stage in range(3)],
            "frame": np.eye(4).tolist(),
        }
        for fdi, x in ((12, -16.0), (11, -8.0), (21, 8.0))
    ]
    setup = {
        "format": "midline-setup", "version": 1, "units": "mm", "frame": "LPS", "stages": {"upper": 2}, "teeth": teeth, "gingiva": [],
        "ipr": [{"teeth": [11, 21], "amount_mm": 0.2, "before_stage": 1}],
        "attachments": [{"tooth": 11, "shape": "bevelled", "added_stage": 1}], "notes": "x",
    }  # fmt: skip
    meshes = {f"meshes/{fdi}.stl": seeds.stl_bytes(*seeds.ball((8, 7, 9))) for fdi in (11, 12, 21)}
    return {"setup.json": json.dumps(setup).encode(), **meshes}


@st.composite
def spoilt_files(draw: st.DrawFn) -> Spoilt:
    """A seed, spoilt one to four times; sometimes under another ending, sometimes inside a ZIP with a sound directory."""
    kind = draw(st.sampled_from(sorted(seed_files())))
    name, data = seed_files()[kind]
    way = draw(st.integers(0, 9))
    if kind.startswith("glb") and way < 6:
        return Spoilt(kind, name, spoilt_glb(draw, data))
    if kind == "package" and way < 7:
        files = package_files()
        return Spoilt(
            kind, name, seeds.zip_bytes(files | {"setup.json": json.dumps(spoilt_json(draw, json.loads(files["setup.json"]))).encode()})
        )
    if kind.startswith("zip") and way < 5:
        return Spoilt(kind, name, seeds.zip_bytes({spoilt_name(draw): spoilt_bytes(draw, seed_files()["stl"][1]) for _ in range(2)}))
    if way == 9:
        name = draw(st.sampled_from(("a.stl", "a.ply", "a.obj", "a.glb", "a.zip")))
    return Spoilt(kind, name, spoilt_bytes(draw, data))


def spoilt_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        data = draw(st.sampled_from(WAYS))(draw, data)[:LONGEST]
    return data


def _place(draw: st.DrawFn, data: bytes) -> int:
    """Anywhere, but as often near the beginning, where headers are."""
    last = max(len(data) - 1, 0)
    return draw(st.one_of(st.integers(0, min(last, 400)), st.integers(0, last)))


def turned(draw: st.DrawFn, data: bytes) -> bytes:
    if not data:
        return data
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        out[_place(draw, data)] ^= 1 << draw(st.integers(0, 7))
    return bytes(out)


def overwritten(draw: st.DrawFn, data: bytes) -> bytes:
    at, value = _place(draw, data), draw(st.sampled_from(INTERESTING))
    raw = struct.pack(draw(st.sampled_from(("<I", ">I"))), value)
    return data[:at] + raw + data[at + 4 :]


def cut_off(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: _place(draw, data)]


def cut_out(draw: st.DrawFn, data: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + data[at + draw(st.integers(1, 200)) :]


def doubled(draw: st.DrawFn, data: bytes) -> bytes:
    at, size = _place(draw, data), draw(st.integers(1, 300))
    return data[:at] + data[at : at + size] * draw(st.integers(2, 40)) + data[at + size :]


def put_in(draw: st.DrawFn, data: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + draw(st.binary(max_size=60)) + data[at:]


def spliced(draw: st.DrawFn, data: bytes) -> bytes:
    other = seed_files()[draw(st.sampled_from(sorted(seed_files())))][1]
    return data[: _place(draw, data)] + other[_place(draw, other) :]


def renumbered(draw: st.DrawFn, data: bytes) -> bytes:
    """A number that stands as text is replaced."""
    found = [match.span() for match in re.finditer(rb"-?\d[\d.e+-]*", data[:20_000])]
    if not found:
        return turned(draw, data)
    first, last = draw(st.sampled_from(found))
    return data[:first] + draw(st.sampled_from(NUMBERS)) + data[last:]


WAYS: Final[tuple[Callable[[st.DrawFn, bytes], bytes], ...]] = (
    turned, overwritten, overwritten, cut_off, cut_out, doubled, put_in, spliced, renumbered, renumbered,
)  # fmt: skip


def spoilt_name(draw: st.DrawFn) -> str:
    name = "".join(draw(st.lists(st.sampled_from(NAME_PARTS), min_size=1, max_size=8)))
    return name.replace("\x00", "") + draw(st.sampled_from((".stl", ".STL", ".ply", "", ".stl.stl")))


def spoilt_json(draw: st.DrawFn, value: Any) -> Any:
    """One to three members somewhere are replaced, dropped, doubled or added."""
    for _ in range(draw(st.integers(1, 3))):
        holders = [holder for holder in holders_in(value) if holder]
        if not holders:
            break
        holder = draw(st.sampled_from(holders))
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        match draw(st.integers(0, 3)):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.insert(key, json.loads(json.dumps(holder[key])))
            case _:
                holder[key] = json.loads(json.dumps(draw(st.sampled_from(VALUES))))
    return value


def holders_in(value: Any) -> list[Any]:
    """Every object and list, the whole first."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, (dict, list)):
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


def spoilt_glb(draw: st.DrawFn, data: bytes) -> bytes:
    """The JSON is changed, the lengths round it are right again."""
    length = struct.unpack_from("<I", data, 12)[0]
    document = spoilt_json(draw, json.loads(data[20 : 20 + length]))
    binary = data[28 + length :]
    if draw(st.booleans()):
        binary = spoilt_bytes(draw, binary)
    return seeds.glb_of(document, binary)

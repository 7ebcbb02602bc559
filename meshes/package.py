"""The setup package (docs/setup-package.md): setup.json and its meshes in a ZIP, read strictly. Nothing in it is guessed.

Poses are taken as they are given; the meshes go through the same readers as every other file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from meshes import formats, package_schema, tooth_numbers
from meshes.archive import Archive, Entry
from meshes.arrays import Floats
from meshes.errors import BadFile
from meshes.names import LOWER, UPPER
from meshes.package_schema import Wrong, shown, writable
from meshes.shapes import ARCH_RANGE, MAX_ARCH_MM, MIN_ARCH_MM
from meshes.stl import Triangles

SETUP: Final = "setup.json"
MAX_JSON_BYTES: Final = 20_000_000
UNIT: Final = 1e-3
"""How far a quaternion or an axis may be from length 1, and axes from square, before they are refused."""

CORRECT: Final = "Correct setup.json and pack the package again; docs/setup-package.md describes it."
DEFAULT_REFERENCE: Final = "crown centre"


@dataclass(frozen=True)
class Tooth:
    """One tooth. mesh: its file's name in the ZIP; poses: (stages, 7), mesh coordinates to the frame; frame: 4×4 or None."""

    fdi: int
    mesh: str
    poses: Floats
    frame: Floats | None

    @property
    def arch(self) -> str:
        return tooth_numbers.arch_of(self.fdi)


@dataclass(frozen=True)
class Package:
    """A package whose every sentence has been checked. stages: arch -> last stage; gingiva: arch -> one file, or one a stage.

    movements: fdi -> one row of teeth.COLUMNS a stage, or None when they are to be worked out. plan: IPR, attachments, pontics,
    extractions (teeth in FDI, defaults filled in), wear_schedule, notes.
    """

    entry: Entry
    numbering: str
    reference_point: str
    stages: dict[str, int]
    teeth: tuple[Tooth, ...]
    gingiva: dict[str, tuple[str, ...]]
    movements: dict[int, list[list[float]]] | None
    plan: dict[str, Any]


def entry_of(archive: Archive) -> Entry | None:
    """The setup.json of an archive: at its top, or in the one folder that holds everything; None when it is no package."""
    found = [entry for entry in archive.entries if entry.name.rsplit("/", 1)[-1] == SETUP]
    top = {entry.name.split("/", 1)[0] for entry in archive.entries}
    for entry in found:
        if entry.name == SETUP or (len(top) == 1 and entry.name == f"{next(iter(top))}/{SETUP}"):
            return entry
    return None


def load(archive: Archive, entry: Entry) -> Package:
    """Raises BadFile, naming the place in setup.json, for the first thing that is wrong. Meshes are not opened yet."""
    if entry.size > MAX_JSON_BYTES:
        raise BadFile(entry.name, f"It has {entry.size / 1e6:,.0f} MB; {MAX_JSON_BYTES // 1_000_000} MB is the limit.", CORRECT)
    value = parsed_or_refused(archive, entry)
    try:
        package_schema.check(value)
        return _Checked(archive, entry, value).package()
    except Wrong as wrong:
        raise BadFile(entry.name, wrong.reason, CORRECT) from wrong


def parsed_or_refused(archive: Archive, entry: Entry) -> Any:
    """JSON in UTF-8 with every key once, without NaN. Raises BadFile."""
    try:
        return json.loads(archive.read(entry).decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except Wrong as wrong:
        raise BadFile(entry.name, wrong.reason, CORRECT) from wrong
    except json.JSONDecodeError as error:
        raise BadFile(entry.name, f"Its line {error.lineno} is not proper JSON.", CORRECT) from error
    except (ValueError, RecursionError) as error:
        raise BadFile(entry.name, "It is not proper JSON.", CORRECT) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Wrong(key, f"“{writable(key[:SHOWN_KEY])}” stands twice in one object.")
        found[key] = value
    return found


SHOWN_KEY: Final = 60


def _no_constant(text: str) -> float:
    raise ValueError(text)


class _Checked:
    """What a schema cannot say: that numbers exist, agree with each other and with the files of the ZIP."""

    def __init__(self, archive: Archive, entry: Entry, value: dict[str, Any]) -> None:
        self.files = {one.name for one in archive.entries}
        self.folder = entry.name.removesuffix(SETUP)
        self.entry, self.value = entry, value
        self.numbering: str = value.get("numbering", tooth_numbers.FDI)
        self.stages: dict[str, int] = dict(value["stages"])

    def package(self) -> Package:
        teeth: dict[int, Tooth] = {}
        for index, row in enumerate(self.value["teeth"]):
            tooth = self.tooth(row, f"teeth[{index}]")
            if tooth.fdi in teeth:
                raise Wrong("", f"“teeth[{index}].tooth” is {shown(row['tooth'])}, which an earlier tooth is too.")
            teeth[tooth.fdi] = tooth
        for arch in self.stages:
            if not any(tooth.arch == arch for tooth in teeth.values()):
                raise Wrong("", f"“stages.{arch}” is given, but no tooth belongs to that arch.")
        numbers = set(teeth)
        return Package(
            entry=self.entry,
            numbering=self.numbering,
            reference_point=self.value.get("reference_point", DEFAULT_REFERENCE),
            stages=self.stages,
            teeth=tuple(teeth.values()),
            gingiva=self.gingiva(),
            movements=self.movements(numbers),
            plan={
                "ipr": self.ipr(numbers),
                "attachments": self.attachments(numbers),
                "pontics": self.pontics(numbers),
                "extractions": self.extractions(),
                "wear_schedule": self.value.get("wear_schedule", ""),
                "notes": self.value.get("notes", ""),
            },
        )

    def fdi(self, label: object, where: str) -> int:
        found = tooth_numbers.fdi_of(str(label), self.numbering)
        if found is None:
            raise Wrong(where, f"“{where}” is {shown(label)}, which is no tooth in {self.numbering}.")
        return found

    def present(self, label: object, numbers: set[int], where: str) -> int:
        fdi = self.fdi(label, where)
        if fdi not in numbers:
            raise Wrong(where, f"“{where}” is {shown(label)}, which is none of the teeth of this package.")
        return fdi

    def stage(self, value: int, fdi: int, where: str, *, first: int = 0) -> int:
        """A stage of the tooth's arch."""
        arch = tooth_numbers.arch_of(fdi)
        if arch not in self.stages:
            raise Wrong(where, f"“{where}” is a stage of the {arch} arch, which has no stages here.")
        if not first <= value <= self.stages[arch]:
            raise Wrong(where, f"“{where}” is {value}; stages of the {arch} arch reach from {first} to {self.stages[arch]}.")
        return value

    def file(self, name: str, where: str) -> str:
        path = self.folder + name
        if path not in self.files:
            raise Wrong(where, f"“{where}” is {shown(name)}, which is no file of the ZIP.")
        if formats.ending(name) not in formats.READ:
            raise Wrong(where, f"“{where}” is {shown(name)}; a mesh is STL, PLY, OBJ or GLB.")
        return path

    def tooth(self, row: dict[str, Any], where: str) -> Tooth:
        fdi = self.fdi(row["tooth"], f"{where}.tooth")
        last = self.stage(0, fdi, f"{where}.tooth") or self.stages[tooth_numbers.arch_of(fdi)]
        poses = np.array(row["poses"], dtype=np.float64)
        if len(poses) != last + 1:
            raise Wrong(where, f"“{where}.poses” has {len(poses)} poses; its arch has {last + 1} stages from 0 to {last}.")
        lengths = np.linalg.norm(poses[:, 3:], axis=1)
        bad = np.flatnonzero(np.abs(lengths - 1) > UNIT)
        if len(bad):
            at = int(bad[0])
            raise Wrong(where, f"“{where}.poses[{at}]” has a quaternion of length {lengths[at]:.4g}; its length must be 1.")
        poses[:, 3:] /= lengths[:, None]
        frame = frame_of(row["frame"], f"{where}.frame") if "frame" in row else None
        return Tooth(fdi, self.file(row["mesh"], f"{where}.mesh"), poses, frame)

    def gingiva(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for index, row in enumerate(self.value.get("gingiva", [])):
            where, arch = f"gingiva[{index}]", row["arch"]
            if arch not in self.stages:
                raise Wrong(where, f"“{where}.arch” is {arch}, which has no stages here.")
            if arch in found:
                raise Wrong(where, f"“{where}.arch” is {arch}, which has a gingiva already.")
            if len(row["meshes"]) not in (1, self.stages[arch] + 1):
                raise Wrong(where, f"“{where}.meshes” has {len(row['meshes'])} files; one, or {self.stages[arch] + 1} are expected.")
            found[arch] = tuple(self.file(name, f"{where}.meshes[{at}]") for at, name in enumerate(row["meshes"]))
        return found

    def movements(self, numbers: set[int]) -> dict[int, list[list[float]]] | None:
        """Every stage of every tooth that has any, stage 0 added as zeros when absent."""
        if "movements" not in self.value:
            return None
        found: dict[int, dict[int, list[float]]] = {}
        for index, row in enumerate(self.value["movements"]):
            where = f"movements[{index}]"
            fdi = self.present(row["tooth"], numbers, f"{where}.tooth")
            stage = self.stage(row["stage"], fdi, f"{where}.stage")
            if stage in found.setdefault(fdi, {}):
                raise Wrong(where, f"“{where}” gives tooth {fdi} (FDI) at stage {stage} a second time.")
            found[fdi][stage] = [float(stage), *(float(row[key]) for key in COLUMNS)]
        for fdi, rows in found.items():
            rows.setdefault(0, [0.0] * 7)
            lacking = sorted(set(range(self.stages[tooth_numbers.arch_of(fdi)] + 1)) - set(rows))
            if lacking:
                raise Wrong("", f"“movements” has no stage {lacking[0]} for tooth {fdi} (FDI).")
        lost = sorted(numbers - set(found))
        if lost:
            raise Wrong("", f"“movements” has no tooth {lost[0]} (FDI); give all teeth or none.")
        return {fdi: [rows[stage] for stage in sorted(rows)] for fdi, rows in found.items()}

    def ipr(self, numbers: set[int]) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for index, row in enumerate(self.value.get("ipr", [])):
            where = f"ipr[{index}]"
            pair = [self.present(label, numbers, f"{where}.teeth[{at}]") for at, label in enumerate(row["teeth"])]
            if not are_neighbours(pair[0], pair[1], numbers):
                raise Wrong(where, f"“{where}.teeth” are {pair[0]} and {pair[1]} (FDI), which are no neighbours.")
            stage = self.stage(row["before_stage"], pair[0], f"{where}.before_stage", first=1)
            line = {"teeth": sorted(pair, key=place_in_arch), "amount_mm": row["amount_mm"], "before_stage": stage}
            if any(other["teeth"] == line["teeth"] and other["before_stage"] == stage for other in out):
                raise Wrong(where, f"“{where}” is the same contact and stage as an earlier line.")
            out.append(line)
        return out

    def attachments(self, numbers: set[int]) -> list[dict[str, Any]]:
        out = []
        for index, row in enumerate(self.value.get("attachments", [])):
            where = f"attachments[{index}]"
            fdi = self.present(row["tooth"], numbers, f"{where}.tooth")
            added = self.stage(row["added_stage"], fdi, f"{where}.added_stage")
            removed = row.get("removed_stage")
            if removed is not None and self.stage(removed, fdi, f"{where}.removed_stage") <= added:
                raise Wrong(where, f"“{where}.removed_stage” is {removed}; it is added at stage {added}.")
            about = {"tooth": fdi, "surface": row.get("surface", "buccal"), "shape": row["shape"], "size": row.get("size", "")}
            out.append(about | {"added_stage": added, "removed_stage": removed})
        return out

    def pontics(self, numbers: set[int]) -> list[dict[str, Any]]:
        out = []
        for index, row in enumerate(self.value.get("pontics", [])):
            where = f"pontics[{index}]"
            fdi, until = self.fdi(row["tooth"], f"{where}.tooth"), row.get("until_stage")
            if fdi in numbers:
                raise Wrong(where, f"“{where}.tooth” is {shown(row['tooth'])}, which is a tooth of this package; a pontic stands in a gap.")
            self.stage(until or 0, fdi, f"{where}.until_stage")
            out.append({"tooth": fdi, "until_stage": until})
        return self.once(out, "pontics")

    def extractions(self) -> list[dict[str, Any]]:
        out = []
        for index, row in enumerate(self.value.get("extractions", [])):
            where = f"extractions[{index}]"
            fdi = self.fdi(row["tooth"], f"{where}.tooth")
            out.append({"tooth": fdi, "before_stage": self.stage(row["before_stage"], fdi, f"{where}.before_stage")})
        return self.once(out, "extractions")

    def once(self, rows: list[dict[str, Any]], where: str) -> list[dict[str, Any]]:
        seen: set[int] = set()
        for row in rows:
            if row["tooth"] in seen:
                raise Wrong(where, f"“{where}” has tooth {row['tooth']} (FDI) twice.")
            seen.add(row["tooth"])
        return rows


COLUMNS: Final = ("mesial_mm", "buccal_mm", "occlusal_mm", "rotation_deg", "tip_deg", "torque_deg")


def frame_of(rows: list[list[float]], where: str) -> Floats:
    """A right-handed frame, its axes made exactly square. Raises Wrong."""
    frame = np.array(rows, dtype=np.float64)
    axes = frame[:3, :3]
    if np.abs(axes.T @ axes - np.eye(3)).max() > UNIT or np.linalg.det(axes) < 0 or np.abs(frame[3] - [0, 0, 0, 1]).max() > 0:
        raise Wrong(where, f"“{where}” is no right-handed frame: square axes of length 1, last row 0 0 0 1.")
    frame[:3, :3] = Rotation.from_matrix(axes).as_matrix()
    return frame


def place_in_arch(fdi: int) -> int:
    """Where a tooth stands in its arch, from the patient's right to left; primary teeth stand with their successors."""
    quadrant, digit = (fdi // 10 - 1) % 4 + 1, fdi % 10
    return -digit if quadrant in (1, 4) else digit


def are_neighbours(one: int, other: int, numbers: set[int]) -> bool:
    """Two different teeth of one arch with none of the package's between them."""
    if one == other or tooth_numbers.arch_of(one) != tooth_numbers.arch_of(other):
        return False
    low, high = sorted((place_in_arch(one), place_in_arch(other)))
    arch = tooth_numbers.arch_of(one)
    return not any(tooth_numbers.arch_of(fdi) == arch and low < place_in_arch(fdi) < high for fdi in numbers)


class Models:
    """The staged models of a package, under the interface of `reading.Models`: a name for each tooth and gingiva at each stage.

    Each mesh is read once and placed by its pose.
    """

    def __init__(self, archive: Archive, package: Package) -> None:
        self.archive, self.package = archive, package
        self.rows: list[dict[str, Any]] = []
        self.entries: dict[str, Entry] = {}
        self._by_name = {entry.name: entry for entry in archive.entries}
        self._made_of: dict[str, tuple[str, Floats | None]] = {}
        self._kept: dict[str, Triangles] = {}
        for tooth in package.teeth:
            for stage, pose in enumerate(tooth.poses):
                self._add(tooth.mesh, pose, {"part": "tooth", "arch": tooth.arch, "stage": stage, "fdi": tooth.fdi})
        for arch, files in package.gingiva.items():
            for stage in range(package.stages[arch] + 1):
                self._add(files[min(stage, len(files) - 1)], None, {"part": "gingiva", "arch": arch, "stage": stage, "fdi": None})

    def _add(self, mesh: str, pose: Floats | None, about: dict[str, Any]) -> None:
        who = f"tooth {about['fdi']}" if about["fdi"] else f"{about['arch']} gingiva"
        name = f"{mesh} ({who}, stage {about['stage']})"
        self.entries[name] = self._by_name[mesh]
        self._made_of[name] = (mesh, pose)
        self.rows.append({"name": name, "kind": "stage", "group": who} | about)

    def triangles(self, name: str) -> Triangles:
        """The model in the frame at its stage. Raises KeyError for an unknown name, BadFile for a broken mesh."""
        mesh, pose = self._made_of[name]
        corners = self.mesh(mesh)
        if pose is None:
            return corners
        placed = Rotation.from_quat(pose[3:]).apply(corners.reshape(-1, 3).astype(np.float64)) + pose[:3]
        return np.asarray(placed.astype(np.float32).reshape(-1, 3, 3) + np.float32(0.0))

    def mesh(self, name: str) -> Triangles:
        if name not in self._kept:
            tooth = any(tooth.mesh == name for tooth in self.package.teeth)
            corners = formats.triangles(self.archive.read(self._by_name[name]), name)
            if not tooth:
                return corners
            self._kept[name] = corners
        return self._kept[name]

    def check_sizes(self) -> None:
        """Raises BadFile when an arch is not the size of one at the start, so that the unit is probably another."""
        for arch in (UPPER, LOWER):
            starts = [row["name"] for row in self.rows if row["arch"] == arch and row["stage"] == 0 and row["part"] == "tooth"]
            if not starts:
                continue
            corners = np.concatenate([self.triangles(name).reshape(-1, 3) for name in starts])
            box = float((corners.max(axis=0) - corners.min(axis=0)).max())
            if box > MAX_ARCH_MM or (len(starts) > 5 and box < MIN_ARCH_MM):
                raise BadFile(
                    self.package.entry.name,
                    f"The teeth of one arch are {box:,.3g} mm across at the start; an arch measures {ARCH_RANGE}.",
                    CORRECT,
                )

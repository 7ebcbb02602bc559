"""The results of `make bench-setups` as Markdown: the targets, the cases, the rivals, the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from bench import report

SHOWN_AS: Final = {
    "zip": "the ZIP as uploaded",
    "gltfpack": "gltfpack, each stage by itself",
    "draco": "Draco, each stage by itself",
    "stlloader": "STLLoader, a file an arch a stage",
    "stlloader_gzip": "the same, its host told to gzip STL",
    "online3dviewer": "online-3d-viewer, a file a stage",
}
NOTHING: Final = "–"


@dataclass(frozen=True)
class Target:
    """Something promised: the largest `key` of the rows that `of` chooses, times `scale`, is at most `aim`."""

    name: str
    key: str
    aim: float
    unit: str
    of: Callable[[dict[str, Any]], bool]
    scale: float = 1.0

    def figure(self, rows: Iterable[dict[str, Any]]) -> float | None:
        """None when no row has it: nothing is met by being absent."""
        found = [row[self.key] for row in rows if self.of(row) and row.get(self.key) is not None]
        return max(found) * self.scale if found else None

    def line(self, rows: Iterable[dict[str, Any]]) -> list[str]:
        figure = self.figure(rows)
        verdict = NOTHING if figure is None else "met" if figure <= self.aim else "**missed**"
        return [self.name, f"≤ {self.aim:g} {self.unit}", NOTHING if figure is None else f"{figure:,.5g} {self.unit}", verdict]


def own(row: dict[str, Any]) -> bool:
    return str(row["case"]).startswith("20 stages")


def same_vertices(row: dict[str, Any]) -> bool:
    return own(row) and row["layout"] != 3


def meshed_anew(row: dict[str, Any]) -> bool:
    return own(row) and row["layout"] == 3


def with_truth(row: dict[str, Any]) -> bool:
    return row["pose_max_mm"] is not None


def made(row: dict[str, Any]) -> bool:
    return str(row["case"]).startswith("made")


TARGETS: Final = (
    Target("full models as served (layouts 1 and 2)", "full_bytes", 600, "KB", same_vertices, 1e-3),
    Target("preview with all stages as served (layouts 1 and 2)", "preview_bytes", 100, "KB", same_vertices, 1e-3),
    Target("full models as served, layout 3", "full_bytes", 600, "KB", meshed_anew, 1e-3),
    Target("preview with all stages as served, layout 3", "preview_bytes", 100, "KB", meshed_anew, 1e-3),
    Target("teeth, from the originals (layouts 1 and 2)", "teeth_max_um", 5, "µm", same_vertices),
    Target("gingiva, from the originals (layouts 1 and 2)", "gingiva_max_um", 20, "µm", same_vertices),
    Target("poses, from the true ones, every case", "pose_max_mm", 0.01, "mm", with_truth),
    Target("poses, turn, every case", "pose_max_deg", 0.05, "°", with_truth),
    Target("poses, from the true ones, the made cases given", "pose_max_mm", 0.01, "mm", made),
    Target("poses, turn, the made cases given", "pose_max_deg", 0.05, "°", made),
    Target("import, CPU (layouts 1 and 2)", "import_cpu_s", 10, "s", same_vertices),
    Target("first frame, cold, 10 Mbit/s", "first_frame_ms", 1.15, "s", own, 1e-3),
    Target("full models, cold, 10 Mbit/s", "full_model_ms", 2.24, "s", own, 1e-3),
)


def told(row: dict[str, Any]) -> str:
    return (
        f"{row['case']}: full {row['full_bytes']:,} preview {row['preview_bytes']:,} of {row['zip_bytes']:,} bytes, "
        f"teeth {row['teeth_max_um']} µm, gingiva {row['gingiva_max_um']} µm, poses {row['pose_max_mm']} mm {row['pose_max_deg']}°, "
        f"CPU {row['import_cpu_s']} s"
    )


def section(found: dict[str, Any]) -> str:
    """What stands between the markers of docs/performance.md."""
    machine, rows = found["machine"], found["rows"]
    took = f" The run took {machine['run_s'] / 60:.0f} minutes." if machine.get("run_s") else ""
    parts = [report.said(machine) + took]
    parts.append(report.table(["promised", "aim", "measured", ""], [target.line(rows) for target in TARGETS], 1))
    parts.append(cases(rows))
    for row in rows:
        if any(about.get("full_bytes") for name, about in row["rivals"].items() if name != "zip"):
            parts += [part for part in (sizes(row), browser(row)) if part]
    return "\n\n".join(parts)


def cases(rows: list[dict[str, Any]]) -> str:
    heads = ["case", "stages", "files", "triangles", "ZIP MB", "full KB", "preview KB", "teeth µm", "gingiva µm", "pose mm", "pose °",
             "CPU s", "wall s"]  # fmt: skip
    lines = [
        [
            row["case"],
            " / ".join(str(count) for count in row["stages"].values()),
            row["files"],
            f"{row['triangles']:,}",
            f"{row['zip_bytes'] / 1e6:.1f}",
            f"{row['full_bytes'] / 1e3:.0f}",
            f"{row['preview_bytes'] / 1e3:.1f}",
            row["teeth_max_um"],
            row["gingiva_max_um"],
            number(row["pose_max_mm"], 6),
            number(row["pose_max_deg"], 6),
            row["import_cpu_s"],
            row["import_wall_s"],
        ]
        for row in rows
    ]
    return report.table(heads, lines, 2)


def sizes(row: dict[str, Any]) -> str:
    """Bytes, errors and packing of a row and of its rivals that were measured, smallest first named."""
    heads = [row["case"], "all stages, KB", "× ours", "teeth µm", "gingiva µm", "CPU s"]
    ours = ["Midline", f"{row['full_bytes'] / 1e3:,.0f}", "1.0", row["teeth_max_um"], row["gingiva_max_um"], row["import_cpu_s"]]
    lines = [ours]
    for name, about in ((name, row["rivals"][name]) for name in SHOWN_AS if name in row["rivals"]):
        if about["full_bytes"] is None:
            if not about.get("why", "").startswith("measured with"):
                lines.append([SHOWN_AS[name], *[NOTHING] * 4, about.get("why", NOTHING)])
            continue
        errors = [number(about["teeth_max_um"], 1), number(about["gingiva_max_um"], 1)]
        ratio = f"{about['full_bytes'] / row['full_bytes']:.1f}"
        lines.append([SHOWN_AS[name], f"{about['full_bytes'] / 1e3:,.0f}", ratio, *errors, number(about["import_cpu_s"], 1)])
    return report.table(heads, lines, 1)


def browser(row: dict[str, Any]) -> str:
    """Milliseconds and their ratios, or nothing where no browser looked."""
    if row.get("first_frame_ms") is None and not row.get("why"):
        return ""
    heads = ["in Chromium", "first frame ms", "× ours", "full model ms", "× ours", "stage change ms", "× ours", "heap MB", "rounds"]
    lines = [["Midline", *times(row, row)]]
    lines += [[SHOWN_AS[name], *times(row["rivals"][name], row)] for name in SHOWN_AS if name in row["rivals"]]
    return report.table(heads, [line for line in lines if any(cell != NOTHING for cell in line[1:])], 1)


def times(about: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    found = []
    for key in ("first_frame_ms", "full_model_ms", "stage_change_ms"):
        found += [number(about.get(key), 0), number(ratio(about.get(key), ours.get(key)), 1)]
    return [*found, number(about.get("heap_mb"), 1), number(about.get("rounds"), 0)]


def ratio(theirs: float | None, ours: float | None) -> float | None:
    """Rival ÷ ours."""
    return theirs / ours if theirs is not None and ours else None


def number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"

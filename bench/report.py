"""Results kept as JSON and shown in docs/performance.md, each table between its own two markers."""

import json
import os
import platform
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "bench" / "results"
PAGE: Final = ROOT / "docs" / "performance.md"


def machine() -> dict[str, Any]:
    """What ran the measurement; nothing that names the computer."""
    facts = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*:\s*(.+)", facts.read_text()) if facts.is_file() else []
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": round(os.getloadavg()[0], 2),
    }


def read(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    path = folder / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {"machine": {}, "rows": []}


def keep(name: str, found: dict[str, Any], folder: Path = RESULTS) -> None:
    """Writes <name>.json, one row a line, so that a change of one row shows as one line; whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in found["rows"])
    heads = "".join(f'"{key}": {json.dumps(value, ensure_ascii=False)},\n ' for key, value in found.items() if key != "rows")
    text = f'{{{heads}"rows": [\n{rows}\n]}}\n'
    half = folder / f"{name}.json.half"
    half.write_text(text, encoding="utf-8")
    half.replace(folder / f"{name}.json")


def show(name: str, text: str) -> None:
    """Puts `text` between the markers of `name` in docs/performance.md. Raises ValueError when the page has lost them."""
    begin, end = f"<!-- {name}: made by make {name}, not by hand -->", f"<!-- {name}: end -->"
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _old, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"docs/performance.md needs the lines {begin!r} and {end!r}.")
    PAGE.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], text_columns: int) -> str:
    """A Markdown table; the columns after `text_columns` hold numbers."""
    marks = ["---"] * text_columns + ["---:"] * (len(heads) - text_columns)
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (heads, marks, *rows))


def said(about: dict[str, Any]) -> str:
    """The machine in one line."""
    versions = f"Python {about['python']}, SQLite {about['sqlite']}" + (
        f", PostgreSQL {_version(about['postgresql'])}" if about.get("postgresql") else ""
    )
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB, {versions}; {about['measured_at']}, "
        f"load {about['load']} when the run began."
    )


def _version(server: Any) -> str:
    """The version of a server, of which the whole settings or the version alone are kept."""
    return str(server["server_version"] if isinstance(server, dict) else server).split()[0]

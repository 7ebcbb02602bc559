"""The command line: python -m meshes read|build|scan|mend|check. README.md says what each writes and prints."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from meshes import mending, pipeline
from meshes.errors import EXIT_OUT_OF_MEMORY, EXIT_REFUSED, BadFile
from meshes.pack import PackingFailed
from meshes.progress import to_stdout

EXIT_CHECK_REFUSED = 2
LAYOUTS = {
    0: "Setup package, version 1: exact poses and numbers.",
    1: "Layout 1: a file a tooth a stage.",
    2: "Layout 2: a file an arch a stage, same vertex order.",
    3: "Layout 3: a file an arch a stage, meshed anew.",
}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m meshes", description="Read, check, match, pack and measure dental models.")
    steps = top.add_subparsers(dest="step", required=True)
    read = steps.add_parser("read", help="look at a ZIP of staged models and propose what each file is")
    read.add_argument("zip", type=Path)
    read.add_argument("out", type=Path)
    build = steps.add_parser("build", help="make the packed models and plan.json from a confirmed mapping")
    build.add_argument("zip", type=Path)
    build.add_argument("mapping", type=Path)
    build.add_argument("out", type=Path)
    scan = steps.add_parser("scan", help="check one scan")
    scan.add_argument("file", type=Path)
    scan.add_argument("out", type=Path)
    mend = steps.add_parser("mend", help="one clean ZIP of what is whole in a broken one and of files that came by themselves")
    mend.add_argument("zip", type=Path)
    mend.add_argument("supplied", type=Path, help="JSON: [{name, path, takes}]")
    mend.add_argument("out", type=Path)
    for step in (read, build, scan, mend):
        step.add_argument("--name", help="the file's name as people know it")
    check = steps.add_parser("check", help="both steps with every proposal confirmed, as a summary; setup packages too")
    check.add_argument("zip", type=Path)
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.add_argument("--out", type=Path, help="keep the files made here")
    return top


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        if chosen.step == "check":
            return check(chosen)
        if chosen.step == "read":
            pipeline.read(chosen.zip, chosen.out, to_stdout, shown_as=chosen.name)
        elif chosen.step == "build":
            mapping = json.loads(chosen.mapping.read_text(encoding="utf-8"))
            pipeline.build(chosen.zip, mapping, chosen.out, to_stdout, shown_as=chosen.name)
        elif chosen.step == "mend":
            supplied = json.loads(chosen.supplied.read_text(encoding="utf-8"))
            pipeline.write_json(chosen.out.with_suffix(".json"), mending.mend(chosen.zip, chosen.out, supplied))
        else:
            pipeline.read_scan(chosen.file, chosen.out, to_stdout, shown_as=chosen.name)
    except BadFile as refused:
        whole = whole_models(chosen.zip) if chosen.step == "read" else 0
        return say({"error": refused.as_refusal() | {"whole": whole}}, EXIT_REFUSED)
    except PackingFailed as failed:
        return say(
            {"error": {"file": chosen_name(chosen), "reason": str(failed), "remedy": "Ask the administrator to look at the worker."}},
            EXIT_REFUSED,
        )
    except MemoryError:
        return say(
            {
                "error": {
                    "file": chosen_name(chosen),
                    "reason": "The models need more memory than an import may use.",
                    "remedy": "Export with fewer triangles.",
                }
            },
            EXIT_OUT_OF_MEMORY,
        )
    return 0


def whole_models(path: Path) -> int:
    """How many models a refused ZIP still has for whoever goes on without what was refused; 0 when that would not help."""
    try:
        found = mending.look(path)
    except (BadFile, OSError):
        return 0
    return found.models if found.helps() else 0


def chosen_name(chosen: argparse.Namespace) -> str:
    path: Path = chosen.file if chosen.step == "scan" else chosen.zip
    return getattr(chosen, "name", None) or path.name


def say(value: dict[str, Any], code: int) -> int:
    print(json.dumps(value, ensure_ascii=False), flush=True)
    return code


def check(chosen: argparse.Namespace) -> int:
    """The summary on stdout; exit 2 with one error object for a refused file, never a traceback."""
    try:
        found = pipeline.check(chosen.zip, chosen.out)
    except BadFile as refused:
        if chosen.json:
            return say({"error": {"file": refused.file, "reason": refused.reason}}, EXIT_CHECK_REFUSED)
        print(f"Refused: {refused}")
        return EXIT_CHECK_REFUSED
    except OSError as error:
        return say({"error": {"file": chosen.zip.name, "reason": f"The file cannot be read: {error.strerror}."}}, EXIT_CHECK_REFUSED)
    if chosen.json:
        return say(found, 0)
    print(LAYOUTS[0] if found["package"] else LAYOUTS[found["layout"]])
    for arch, about in found["arches"].items():
        numbers = [number for number, tooth in found["teeth"].items() if tooth["arch"] == arch]
        print(f"{arch.capitalize()}: {about['stages']} stages, {len(numbers)} teeth ({', '.join(numbers)}; FDI).")
    print(found["numbers"])
    for note in found["notes"]:
        print(note)
    within = found["error_um"]
    print(f"Shown within {within['teeth_max']} µm (teeth) and {within['gingiva_max']} µm (gingiva) of the original.")
    print(f"Full {found['full_bytes']:,} bytes, preview {found['preview_bytes']:,} bytes as served. {found['cpu_s']} s of CPU.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

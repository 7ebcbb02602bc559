"""`make test` and `make test-fast`: every check, one line each, the output of what failed.

Exit 0 only when everything passed. The last line counts, so that whoever reads only that line knows.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import database
import prepare

ROOT = prepare.ROOT
BIN = prepare.VENV / "bin"
failed: list[str] = []
passed: list[str] = []


def step(name: str, *words: str, **env: str) -> bool:
    """Runs one check; its output is shown when it fails, the last line of a test run also when it passes."""
    began = time.monotonic()
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, "MIDLINE_ENV": "test", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    ok = done.returncode == 0
    (passed if ok else failed).append(name)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    note = lines[-1].strip("= ") if lines and "pytest" in " ".join(words) else ""
    prepare.say(f"{'ok    ' if ok else 'FAILED'} {name} ({time.monotonic() - began:.0f} s) {note}")
    if not ok:
        prepare.say(done.stdout[-12000:])
    return ok


def checks() -> None:
    step("lint: ruff", str(BIN / "ruff"), "check", "--quiet", ".")
    step("format: ruff", str(BIN / "ruff"), "format", "--check", "--quiet", ".")
    templates = [str(p) for p in ROOT.glob("midline/**/templates/**/*.html")]
    step("lint: templates", str(BIN / "djade"), "--check", "--target-version", "5.2", *templates)
    step("lint: front end", "npx", "biome", "check", "--error-on-warnings")
    step("types: Python", str(BIN / "mypy"))
    # The scripts stand in no package and know no Django: they have a run of their own.
    scripts = sorted(str(path) for path in (ROOT / "bin").glob("*.py"))
    step("types: scripts", str(BIN / "mypy"), "--config-file=", "--strict", "--ignore-missing-imports", "--follow-imports=silent", *scripts)
    step("types: TypeScript", "npx", "tsc", "--noEmit")
    step("imports run one way", str(BIN / "lint-imports"))
    step("translations are complete", str(prepare.PYTHON), "bin/messages.py", "check")
    step("migrations are complete", str(prepare.PYTHON), "manage.py", "makemigrations", "--check", "--dry-run")
    production_settings("production settings")


def production_settings(name: str, **env: str) -> None:
    """Django's own checks of a production installation, on the database that `env` names (SQLite when none)."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"MIDLINE_ENV": "production", "PUBLIC_URL": "https://portal.example.org", "MIDLINE_DATA": folder, **env}
        secret = "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz"
        step(name, str(prepare.PYTHON), "manage.py", "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=secret, **given)


def tests(*, fast: bool) -> None:
    step("front-end tests", "npx", "vitest", "run", "--reporter=dot")
    pytest = [str(BIN / "pytest"), "-q", "-n", "2", "--dist", "worksteal"]
    if fast:
        step("pytest, SQLite", *pytest, "-m", "not slow")
        return
    step("pytest, SQLite", *pytest)
    chromium = prepare.browser()
    with database.postgres() as url:
        production_settings("production settings, PostgreSQL", DATABASE_URL=url)
        step("pytest, PostgreSQL", *pytest, "-m", "not once", "midline", "config", DATABASE_URL=url)
        # A journey waits for its pages half of the time: both engines have theirs at once, each with servers of its own.
        journey = [str(BIN / "pytest"), "-q", "e2e"]
        with ThreadPoolExecutor() as both:
            sqlite = both.submit(step, "browser, SQLite", *journey, CHROMIUM=chromium)
            postgresql = both.submit(step, "browser, PostgreSQL", *journey, "-m", "not once", CHROMIUM=chromium, E2E_DATABASE_URL=url)
        for journeys in (sqlite, postgresql):
            journeys.result()


def main() -> int:
    fast = "--fast" in sys.argv
    began = time.monotonic()
    try:
        prepare.for_tests()
        prepare.say(f"ready after {time.monotonic() - began:.0f} s")
        checks()
        tests(fast=fast)
    except prepare.NotReady as reason:
        prepare.say(f"midline: {reason}")
        failed.append("preparation")
    prepare.say(f"{time.monotonic() - began:.0f} s in all" + (f"; failed: {', '.join(failed)}" if failed else ""))
    prepare.say(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())

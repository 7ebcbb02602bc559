"""Makes this checkout ready: its own Python environment, its packages, the front end, translations, and for tests a browser, a database.

Standard library only: it runs before anything is installed. Each step is remembered by a digest of what it depends on, so a second
call costs nothing. What cannot be made ready is said in one line, with the remedy.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class NotReady(Exception):
    """Something is missing that this script may not or cannot install; the message is one line with the remedy."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(*words: str, quiet: bool = True, **more: object) -> None:
    done = subprocess.run(
        words, cwd=ROOT, check=False, stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT, text=True, **more
    )  # type: ignore[call-overload]
    if done.returncode:
        tail = "\n".join((done.stdout or "").splitlines()[-30:])
        raise NotReady(f"`{' '.join(words[:4])} …` failed with code {done.returncode}.\n{tail}")


def digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def once(stamp: Path, value: str) -> bool:
    """Whether the step behind `stamp` is still to be done for `value`."""
    return not stamp.is_file() or stamp.read_text() != value


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this is the check
        raise NotReady(
            f"Python {sys.version.split()[0]} is too old: install Python 3.11 or newer and call it with PYTHON=python3.11 make …"
        )


def check_node() -> None:
    """20.19+ or 22.12+: what the front-end build needs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise NotReady("Node.js is missing: install Node 20.19+ or 22.12+ (with npm) and try again.")
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    match = re.match(r"v(\d+)\.(\d+)", found)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    if not ((20, 19) <= version < (21, 0) or version >= (22, 12)):
        raise NotReady(f"Node {found or '?'} is too old: install Node 20.19+ or 22.12+ and try again.")


def python_packages(*, dev: bool) -> None:
    """`.venv` with the locked packages; dev adds what the checks and tests need."""
    wanted = ROOT / "requirements" / ("dev.txt" if dev else "runtime.txt")
    stamp = VENV / "midline.stamp"
    value = digest([wanted])
    have = stamp.read_text() if stamp.is_file() else ""
    if value in have.split():
        return
    if not PYTHON.is_file():
        say("Creating .venv …")
        run(sys.executable, "-m", "venv", str(VENV))
    say("Installing Python packages …")
    run(str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(wanted))
    kept = [digest([ROOT / "requirements" / "runtime.txt"])] if dev else []
    stamp.write_text(" ".join([value, *kept]))


def node_packages() -> None:
    stamp = ROOT / "node_modules" / ".midline.stamp"
    value = digest([ROOT / "package-lock.json", ROOT / "package.json"])
    if once(stamp, value):
        say("Installing front-end packages …")
        run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
        stamp.write_text(value)


def front_end() -> None:
    """The built styles and scripts, when a source of theirs has changed."""
    out = ROOT / "midline" / "web" / "static" / "dist"
    stamp = out / ".midline.stamp"
    sources = [ROOT / "vite.config.ts", ROOT / "package-lock.json"]
    for folder in (ROOT / "viewer", ROOT / "midline" / "web" / "assets"):
        sources += [p for p in folder.rglob("*") if p.is_file() and p.suffix in {".ts", ".css", ".woff2", ".json", ".svg"}]
    sources += list((ROOT / "midline").rglob("*.html"))
    value = digest(sources)
    if once(stamp, value):
        say("Building the front end …")
        run("npx", "vite", "build", "--logLevel", "error")
        stamp.write_text(value)


def translations() -> None:
    """The compiled catalogues that Django reads, when a catalogue has changed; without them every page is English."""
    folder = ROOT / "midline" / "locale"
    sources = [*folder.glob("*/LC_MESSAGES/django.po"), ROOT / "bin" / "messages.py"]
    stamp = folder / ".midline.stamp"
    value = digest(sources)
    if once(stamp, value) or not all(path.with_suffix(".mo").is_file() for path in sources if path.suffix == ".po"):
        say("Compiling the translations …")
        run(str(PYTHON), "bin/messages.py", "compile")
        stamp.write_text(value)


def _debian(*packages: str) -> bool:
    """Installs packages where this is root on a Debian-like system; says whether it could."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing {', '.join(packages)} …")
    more = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=more)
    return True


def browser() -> str:
    """The path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    if found is None and _debian("chromium", "fonts-noto-core", "fonts-noto-cjk"):
        found = shutil.which("chromium")
    if found is None:
        raise NotReady("Chromium is missing: install it (Debian: apt install chromium) or set CHROMIUM to its path.")
    return found


def postgres_tools() -> Path:
    """The folder that holds initdb and postgres (version 15 or newer)."""

    def look() -> Path | None:
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
        candidates = [p for p in reversed(folders) if (p / "initdb").exists()]
        if candidates:
            return candidates[0]
        found = shutil.which("initdb")
        return Path(found).resolve().parent if found else None

    folder = look()
    if folder is None and _debian("postgresql"):
        folder = look()
    if folder is None:
        raise NotReady(
            "PostgreSQL is missing: install its server, version 15 or newer (Debian: apt install postgresql), or set TEST_DATABASE_URL."
        )
    return folder


def for_demo() -> None:
    check_python()
    check_node()
    python_packages(dev=False)
    node_packages()
    front_end()
    translations()


def for_tests() -> None:
    check_python()
    check_node()
    python_packages(dev=True)
    node_packages()
    front_end()
    translations()


if __name__ == "__main__":
    try:
        for_tests() if sys.argv[1:] == ["tests"] else for_demo()
    except NotReady as reason:
        sys.exit(f"midline: {reason}")

"""`make demo` says in one line what keeps it from starting; production settings refuse what is missing."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def start(path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "bin/demo.py"]
    return subprocess.run(words, cwd=ROOT, env={"PATH": str(path), **env}, capture_output=True, text=True, check=False, timeout=60)


def node(folder: Path, version: str) -> Path:
    for name in ("node", "npm"):
        script = folder / name
        script.write_text(f"#!/bin/sh\necho {version}\n")
        script.chmod(0o755)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_missing_node_is_said_in_one_line(tmp_path):
    done = start(tmp_path, PORT=str(free_port()))

    assert done.returncode == 1
    assert "Node.js is missing" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("version", ["v18.20.0", "v20.18.1", "v21.7.0", "v22.11.0"])
def test_a_node_that_is_too_old_is_said_in_one_line_with_its_version(tmp_path, version):
    done = start(node(tmp_path, version), PORT=str(free_port()))

    assert done.returncode == 1
    assert version in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_in_use_is_said_in_one_line_with_the_remedy(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start(node(tmp_path, "v20.19.0"), PORT=str(port))

    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "PORT=" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("missing", ["SECRET_KEY", "PUBLIC_URL"])
def test_production_settings_name_what_is_missing(missing, tmp_path):
    given = {"SECRET_KEY": "k" * 60, "PUBLIC_URL": "https://portal.example.org", "DATABASE_URL": "postgres://midline@127.0.0.1/midline"}
    env = {**os.environ, **given, "MIDLINE_ENV": "production", "MIDLINE_DATA": str(tmp_path)}
    del env[missing]
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert missing in done.stderr


def test_production_settings_leave_the_demo_out(tmp_path):
    env = {
        **os.environ,
        "MIDLINE_ENV": "production",
        "SECRET_KEY": "k" * 60,
        "PUBLIC_URL": "https://portal.example.org",
        "MIDLINE_DATA": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "manage.py", "demo_load"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "demo_load" in done.stderr

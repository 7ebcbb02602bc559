"""A small run of the fuzzer in every test run, and proof that it notices what it must: `make test-fuzz` does the large one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import meshes
from meshes import formats, fuzz, fuzz_spoil
from meshes.errors import BadFile
from meshes.fuzz import Broken, Tally
from meshes.fuzz_spoil import Spoilt

ROOT = Path(meshes.__file__).parent.parent


def test_five_hundred_spoilt_files_are_refused_with_a_reason_or_read(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "meshes.fuzz", "--files", "500", "--seconds", "60", "--keep", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.startswith("500 files in ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", sorted(fuzz_spoil.seed_files()))
def test_the_seeds_themselves_are_read(tmp_path, kind):
    tally = Tally()

    fuzz.one(Spoilt(kind, *fuzz_spoil.seed_files()[kind]), tmp_path, tally)

    assert (tally.accepted, tally.refused) == (1, 0)


def failing(monkeypatch, does):
    monkeypatch.setattr(formats, "pieces", does)
    return Spoilt("stl", "a.stl", b"x")


def crash(data, name):
    raise IndexError("out of range")


def silence(data, name):
    raise BadFile(name, "", "")


def endless(data, name):
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        pass
    return []


def test_a_crash_is_passed_on_with_the_bytes_kept(tmp_path, monkeypatch):
    failing(monkeypatch, crash)

    with pytest.raises(BaseException, match="out of range"):
        fuzz.run(50, keep=tmp_path)
    assert any(path.stat().st_size for path in tmp_path.iterdir())


def test_a_refusal_without_a_reason_fails(tmp_path, monkeypatch):
    with pytest.raises(Broken, match="without a proper reason"):
        fuzz.one(failing(monkeypatch, silence), tmp_path, Tally())


def test_a_reader_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 0.2)

    with pytest.raises(Broken, match="more than"):
        fuzz.one(failing(monkeypatch, endless), tmp_path, Tally())


def test_a_model_that_is_none_fails():
    with pytest.raises(Broken, match="that is none"):
        fuzz.sound(np.full((4, 3, 3), 2_000.0))


def test_memory_beyond_the_limit_is_not_to_be_had():
    code = "from meshes import fuzz; import numpy; fuzz.limit_memory(); numpy.ones(fuzz.MEMORY_BYTES // 6)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert "MemoryError" in done.stderr

"""The process round a step: limits that hold, progress that arrives, refusals that name file and reason."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time

import pytest

from meshes.child import ChildFailed, ChildKilled, environment, run_child
from meshes.tests.cases import case_files, tiny_case, zip_of

HOG = "meshes.tests.hog"


def hog(tmp_path, *args, **limits):
    settings = {"cpu_seconds": 20, "timeout": 30} | limits
    run_child(args, cwd=tmp_path, module=HOG, **settings)


def test_a_step_runs_and_its_progress_arrives_in_order(tmp_path):
    archive = zip_of(tmp_path / "a.zip", case_files(tiny_case(stages=2)))
    seen: list[dict[str, object]] = []

    run_child(["read", archive, tmp_path / "out"], cwd=tmp_path, cpu_seconds=60, timeout=60, on_progress=seen.append)

    assert [(line["done"], line["of"]) for line in seen if line["step"] == "read"] == [(n, 4) for n in range(5)]
    assert len(json.loads((tmp_path / "out" / "report.json").read_text())["files"]) == 4


def test_a_refusal_names_file_reason_and_remedy(tmp_path):
    with pytest.raises(ChildFailed) as failed:
        run_child(["read", zip_of(tmp_path / "a.zip", {"/etc/a.stl": b"x"}), tmp_path], cwd=tmp_path, cpu_seconds=60, timeout=60)

    assert not isinstance(failed.value, ChildKilled)
    assert failed.value.file == "/etc/a.stl"
    assert "absolute path" in failed.value.reason
    assert failed.value.remedy


def test_a_whole_import_fits_into_the_memory_it_gets(tmp_path):
    case = tiny_case(stages=2)
    archive = zip_of(tmp_path / "a.zip", case_files(case))
    rows = [
        {"name": f"{name}_stage_{n:02d}.stl", "arch": arch, "stage": n}
        for arch, name in (("upper", "Maxillary"), ("lower", "Mandibular"))
        for n in (0, 1)
    ]
    (tmp_path / "mapping.json").write_text(json.dumps(rows))

    run_child(["build", archive, tmp_path / "mapping.json", tmp_path / "out"], cwd=tmp_path, cpu_seconds=60, timeout=60)

    assert (tmp_path / "out" / "full.glb.br").stat().st_size > 1_000


def test_a_child_that_eats_memory_is_ended(tmp_path):
    with pytest.raises(ChildKilled, match=r"0\.5 GB of memory"):
        hog(tmp_path, "memory", memory_bytes=512 * 1024**2)


def test_a_child_that_burns_cpu_is_ended(tmp_path):
    with pytest.raises(ChildKilled, match="1 seconds of CPU"):
        hog(tmp_path, "cpu", cpu_seconds=1)


def test_a_child_that_waits_too_long_is_ended(tmp_path):
    started = time.monotonic()
    with pytest.raises(ChildKilled, match="longer than 1 seconds"):
        hog(tmp_path, "sleep", timeout=1)
    assert time.monotonic() - started < 20


def test_what_a_child_started_ends_with_it(tmp_path):
    marker = tmp_path / "marker"
    with pytest.raises(ChildKilled):
        hog(tmp_path, "grandchild", marker, timeout=1)
    time.sleep(4)
    assert not marker.exists()


@pytest.mark.slow
def test_a_step_ends_when_its_worker_is_killed(tmp_path):
    worker = subprocess.Popen([sys.executable, "-m", "meshes.tests.orphan", str(tmp_path)])
    marker = tmp_path / "marker"
    for _ in range(200):
        if marker.exists() and marker.read_text():
            break
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    time.sleep(0.5)
    last = marker.read_text()
    time.sleep(0.5)

    assert marker.read_text() == last


def test_a_child_that_a_library_aborts_is_called_killed_not_faulty(tmp_path):
    with pytest.raises(ChildKilled, match="want of memory"):
        hog(tmp_path, "abort")


def test_a_crash_is_no_refusal_and_keeps_its_details_for_the_log(tmp_path):
    with pytest.raises(ChildFailed) as failed:
        hog(tmp_path, "nothing_of_this_name")

    assert "fault in the program" in failed.value.reason
    assert "KeyError" in failed.value.details


def test_lines_that_are_no_progress_are_passed_over(tmp_path):
    seen: list[dict[str, object]] = []
    hog(tmp_path, "say", on_progress=seen.append)
    assert seen == [{"step": "read", "done": 1, "of": 1, "file": None}]


def test_endless_lines_do_not_fill_the_parents_memory(tmp_path):
    with pytest.raises(ChildFailed, match="fault in the program"):
        hog(tmp_path, "garbage")


def test_a_watcher_that_fails_ends_the_child(tmp_path):
    def fails(line):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hog(tmp_path, "say", on_progress=fails)


def test_no_secret_of_the_parent_reaches_the_child(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://swordfish")

    assert "swordfish" not in " ".join(environment(tmp_path).values())
    assert environment(tmp_path)["TMPDIR"] == str(tmp_path)


def test_a_child_cannot_reach_the_network_where_the_system_allows_that(tmp_path):
    probe = "import sys; from meshes.limited import leave_the_network; sys.exit(0 if leave_the_network() else 1)"
    alone = subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0

    with socket.create_server(("127.0.0.1", 0)) as server:
        seen: list[dict[str, object]] = []
        hog(tmp_path, "network", server.getsockname()[1], on_progress=seen.append)
    assert seen == [{"step": "read", "reached": not alone}]

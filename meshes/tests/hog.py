"""A child that misbehaves on purpose: python -m meshes.tests.hog memory|cpu|abort|sleep|grandchild|beat|network|say|garbage."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
import time


def memory():
    heap = []
    while True:
        heap.append(bytearray(50_000_000))


def cpu():
    while True:
        pass


def abort():
    os.abort()


def sleep():
    time.sleep(600)


def grandchild(marker):
    subprocess.Popen([sys.executable, "-c", f"import time, pathlib; time.sleep(3); pathlib.Path({marker!r}).write_text('alive')"])
    time.sleep(600)


def beat(marker):
    while True:
        pathlib.Path(marker).write_text(str(time.monotonic()))
        time.sleep(0.05)


def network():
    with socket.socket() as out:
        out.settimeout(2)
        code = out.connect_ex(("127.0.0.1", int(sys.argv[2])))
    sys.stdout.write(json.dumps({"step": "read", "reached": code == 0}) + "\n")


def say():
    sys.stdout.write("not json\n[1]\n" + json.dumps({"step": "read", "done": 1, "of": 1, "file": None}) + "\n")


def garbage():
    sys.stdout.write("x" * 5_000_000 + "\n")
    raise SystemExit(7)


if __name__ == "__main__":
    globals()[sys.argv[1]](*([sys.argv[2]] if sys.argv[1] in ("beat", "grandchild") else []))

"""`make test-policy`: the rule of access against the independent oracle, 200,000 questions on SQLite and as many on PostgreSQL.

Both engines work at the same time. Exit 0 only when no answer differed on either. MIDLINE_POLICY sets another number.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import database
import prepare


def run(engine: str, **env: str) -> int:
    wanted = os.environ.get("MIDLINE_POLICY", "200000")
    words = [str(prepare.VENV / "bin" / "pytest"), "-q", "-n", "0", "midline/cases/tests/test_policy_machine.py"]
    began = time.monotonic()
    done = subprocess.run(
        words, cwd=prepare.ROOT, env={**os.environ, "MIDLINE_ENV": "test", "MIDLINE_POLICY": wanted, **env}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    sys.stdout.write(f"{engine}, {(time.monotonic() - began) / 60:.1f} minutes:\n{done.stdout}\n")
    sys.stdout.flush()
    return done.returncode


def main() -> int:
    with database.postgres() as url, ThreadPoolExecutor(2) as engines:
        runs = [engines.submit(run, "SQLite"), engines.submit(run, "PostgreSQL", DATABASE_URL=url)]
        return max(abs(one.result()) for one in runs)


if __name__ == "__main__":
    sys.exit(main())

"""`make test-policy`: the rule of access against the independent oracle, 200,000 questions on SQLite and as many on PostgreSQL.

Exit 0 only when no answer differed on either. MIDLINE_POLICY sets another number.
"""

import os
import subprocess
import sys

import database
import prepare


def run(**env: str) -> int:
    wanted = os.environ.get("MIDLINE_POLICY", "200000")
    words = [str(prepare.VENV / "bin" / "pytest"), "-q", "-n", "0", "midline/cases/tests/test_policy_machine.py"]
    return subprocess.run(
        words, cwd=prepare.ROOT, env={**os.environ, "MIDLINE_ENV": "test", "MIDLINE_POLICY": wanted, **env}, check=False
    ).returncode


def main() -> int:
    failed = run()
    with database.postgres() as url:
        failed |= run(DATABASE_URL=url)
    return failed


if __name__ == "__main__":
    sys.exit(main())

"""What the server's process holds from its start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ASKED = "import config.wsgi, gc, sys; print(gc.get_freeze_count() > 100_000, 'midline.cases.views.orders' in sys.modules, gc.isenabled())"


@pytest.mark.slow
def test_what_is_loaded_at_the_start_is_not_looked_through_again(tmp_path):
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "MIDLINE_ENV": "test", "MIDLINE_DATA": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["True", "True", "True"], done.stderr

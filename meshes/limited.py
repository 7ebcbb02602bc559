"""Set this process's limits, then become the step: python -m meshes.limited CPU_SECONDS MEMORY_BYTES MODULE ARGUMENT…

The child limits itself before it imports anything large. (Setting limits between fork and exec in the parent is not
safe in a process with threads, and the portal's worker has them.) Without a network where the system allows it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import runpy
import signal
import sys
from contextlib import suppress
from typing import Final

NEW_USER: Final = 0x10000000
NEW_NETWORK: Final = 0x40000000
PARENT_DEATH_SIGNAL: Final = 1
MAX_FILE_BYTES: Final = 1_000_000_000
MAX_OPEN_FILES: Final = 256


def limit(kind: int, value: int) -> None:
    """Lower one limit, never above what the system already sets; platforms that lack it (macOS) go without."""
    try:
        hard = resource.getrlimit(kind)[1]
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))
    except (OSError, ValueError):
        return


def leave_the_network() -> bool:
    """Move into an empty network namespace; False where the system does not allow it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return any(libc.unshare(flags) == 0 for flags in (NEW_NETWORK, NEW_USER | NEW_NETWORK))
    except (OSError, AttributeError):
        return False


def end_with_the_parent() -> None:
    """Be killed when the worker is: without it a killed worker's step goes on beside the next attempt. Linux alone has this."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


def main() -> None:
    cpu_seconds, memory_bytes, module = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    end_with_the_parent()
    leave_the_network()
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_CPU, cpu_seconds)
    limit(resource.RLIMIT_AS, memory_bytes)
    limit(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    os.nice(5)
    sys.argv = [module, *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

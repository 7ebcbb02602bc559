"""Several at once, each on a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

from django.db import connection, connections

CONNECTING = Lock()


def _in_a_thread(work: Callable[[], Any], ready: Callable[[], Any] = lambda: None) -> Any:
    """The work's result, or what it raised. Connections are opened one after the other, before anybody is `ready`."""
    with CONNECTING:
        mine = connections.create_connection("default")
        mine.settings_dict = dict(connection.settings_dict)
        connections["default"] = mine
        mine.ensure_connection()
    try:
        ready()
        return work()
    except Exception as raised:
        return raised
    finally:
        mine.close()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each work's result, or the exception it raised, in their order. Call it inside `real_database`."""
    start = Barrier(len(works))
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(lambda work: _in_a_thread(work, start.wait), works))


def look(read: Callable[[], Any]) -> Any:
    """What a new connection reads."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_in_a_thread, read).result()

"""Whether this installation can do its work: database, storage, worker."""

from datetime import timedelta

from django.db import DatabaseError, connection

from midline.core import clock
from midline.core.storage import files
from midline.jobs.models import Worker

WORKER_SILENT_AFTER = timedelta(seconds=30)


def health() -> tuple[bool, dict[str, object]]:
    """(everything works, what each part says).

    The worker part gives the age of its last sign of life in seconds, None when there was none.
    """
    database = _database()
    age = _worker_age() if database else None
    worker = age is not None and age <= WORKER_SILENT_AFTER.total_seconds()
    storage = files().healthy()
    parts: dict[str, object] = {
        "database": _said(database),
        "storage": _said(storage),
        "worker": {"status": _said(worker), "age_s": age},
    }
    failing = [name for name, fine in (("database", database), ("storage", storage), ("worker", worker)) if not fine]
    return not failing, {"status": "ok" if not failing else "failing", "failing": failing, **parts}


def _said(fine: bool) -> str:
    return "ok" if fine else "failing"


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _worker_age() -> float | None:
    """Seconds since the latest worker was seen."""
    seen = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    return round((clock.now() - seen).total_seconds(), 1) if seen else None

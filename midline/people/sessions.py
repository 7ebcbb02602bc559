"""Sessions in the database, as Django keeps them; each request reads its own by a statement that is composed once."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from midline.core.prepared import now_slot, prepared
from midline.core.whole import columns_of, objects, words_slot


class SessionStore(db.SessionStore):
    """Django's own, but for how a row is read; nothing is kept from one request to the next, so a session ends at once everywhere."""

    def _get_session_from_db(self) -> Session | None:
        found = objects(Session, prepared("session", _running), key=self.session_key, now=timezone.now())
        if not found:
            self._session_key = None
        return found[0] if found else None


def _running() -> QuerySet[Session, Any]:
    return Session.objects.filter(session_key=words_slot("key"), expire_date__gt=now_slot()).values_list(*columns_of(Session))

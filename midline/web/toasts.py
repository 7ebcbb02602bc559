"""What a page says once, after a redirect: kept for the workspace in which it was said, so that two tabs in two workspaces never mix."""

from collections.abc import Iterator
from typing import Any

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.fallback import FallbackStorage

from midline.core.workspace import Workspace, workspace_of

_BETWEEN = "|"


class WorkspaceStorage(FallbackStorage):
    """A message said in a workspace waits for the next page of that workspace, whichever tab loads something first.

    The workspace travels in front of the message's tags and is taken off before a page reads them. What is said in My Account or
    outside every workspace concerns the person and is shown by the next page, wherever that is.
    """

    @property
    def _here(self) -> str:
        workspace = workspace_of(self.request.path_info)
        return workspace.value if workspace and workspace is not Workspace.ACCOUNT else ""

    def add(self, level: int, message: str, extra_tags: str | None = "") -> None:
        super().add(level, message, f"{self._here}{_BETWEEN}{extra_tags or ''}")

    def __iter__(self) -> Iterator[Message]:
        if not hasattr(self, "_shown"):
            waiting = [*super().__iter__()]
            self._shown = [message for message in waiting if _where(message) in {"", self._here}]
            self._kept = [message for message in waiting if message not in self._shown]
            for message in self._shown:
                message.extra_tags = str(message.extra_tags or "").partition(_BETWEEN)[2]
        return iter(self._shown)

    def update(self, response: Any) -> Any:
        if not hasattr(self, "_shown"):
            return super().update(response)
        storage: Any = self  # the published types leave these out
        storage._prepare_messages(storage._queued_messages)
        return storage._store([*self._kept, *storage._queued_messages], response)


def _where(message: Message) -> str:
    return str(message.extra_tags or "").partition(_BETWEEN)[0]

"""The development mailbox: e-mails that went to a folder instead of to people. Never in production."""

import email
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

# What Django's file backend writes after each message.
BETWEEN = b"\n" + b"-" * 79 + b"\n"
SHOWN = 200


@dataclass(frozen=True)
class Letter:
    """One e-mail of the folder. name: its file and place in it, which is its address in the mailbox."""

    name: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sent_at(self) -> datetime | None:
        """The Date header; "-0000", which Django writes, means UTC without a place."""
        date = self.message["Date"]
        moment = parsedate_to_datetime(str(date)) if date else None
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)

    def part(self, kind: str) -> str:
        """The text of the part "plain" or "html"; empty when there is none."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        wanted = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe")
        return [(name, str(self.message[name])) for name in wanted if self.message[name]]


def is_open() -> bool:
    """Whether there is a mailbox at all: mail goes to a folder, and this is no production."""
    return bool(settings.MIDLINE_MAIL_TO_FOLDER) and not settings.PRODUCTION


def letters() -> list[Letter]:
    """The newest e-mails of the folder, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True) if folder.is_dir() else []
    found: list[Letter] = []
    for path in files:
        if len(found) >= SHOWN:
            break
        found += reversed(_letters_in(path))
    return found[:SHOWN]


def letter(name: str) -> Letter | None:
    """The e-mail of that name; None when there is none. The name is looked up among the files, never joined to a path."""
    stem = name.rpartition(".")[0]
    path = next((p for p in Path(settings.EMAIL_FILE_PATH).glob("*.log") if p.stem == stem), None)
    return next((found for found in _letters_in(path) if found.name == name), None) if path else None


def _letters_in(path: Path) -> list[Letter]:
    messages: list[bytes] = []
    for piece in path.read_bytes().split(BETWEEN):
        if email.message_from_bytes(piece)["Message-ID"]:
            messages.append(piece)
        elif messages and piece.strip():  # the line of dashes stood in the e-mail itself
            messages[-1] += BETWEEN + piece
    return [Letter(f"{path.stem}.{n}", email.message_from_bytes(piece, policy=default)) for n, piece in enumerate(messages)]

"""Handing an e-mail to the mail server from a job: at least once, under one Message-ID, whatever the server does."""

from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Final

from django.core.mail import EmailMessage, get_connection

from midline.core import clock
from midline.jobs.services import Claim, GiveUp, LeaseLost

# With pauses of at most 15 minutes this is a week; then the administrator sees the job.
TRIES: Final = 700
PERMANENT: Final = 500
# A server that does not even answer is left alone for so long: otherwise every waiting e-mail in turn would hold up the other jobs.
LEFT_ALONE: Final = timedelta(seconds=30)
HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}

_away_until: list[datetime] = []


class ServerAway(Exception):
    """The mail server did not answer a moment ago; this e-mail waits for its next try."""


def post(claim: Claim, mail: EmailMessage) -> None:
    """Sends, or raises. The caller writes down afterwards that it was sent: a worker killed in between sends it once more.

    An address or a message that the server refuses for good (5xx) raises GiveUp with its words, for the administrator, and blocks nobody
    else. Anything else, from 4xx to a lost connection, is another try later. Raises LeaseLost when another attempt has the job.
    """
    if not claim.holds():
        raise LeaseLost
    if _away_until and clock.now() < _away_until[0]:
        raise ServerAway("The mail server does not answer.")
    connection = get_connection()
    try:
        connection.open()
    except OSError:
        _away_until[:] = [clock.now() + LEFT_ALONE]
        raise
    _away_until.clear()
    try:
        connection.send_messages([mail])
    except SMTPRecipientsRefused as refused:
        for address, (code, words) in refused.recipients.items():
            if code >= PERMANENT:
                raise GiveUp(f"The mail server refuses {address} for good: {code} {_said(words)}") from refused
        raise
    except SMTPDataError as refused:
        if refused.smtp_code >= PERMANENT:
            said = f"{refused.smtp_code} {_said(refused.smtp_error)}"
            raise GiveUp(f"The mail server refuses the e-mail to {', '.join(mail.to)} for good: {said}") from refused
        raise
    finally:
        connection.close()


def _said(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words

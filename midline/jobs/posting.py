"""Handing an e-mail to the mail server from a job: at least once, under one Message-ID, whatever the server does."""

from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Final

from django.core.mail import EmailMessage, get_connection

from midline.core import clock
from midline.jobs.services import Claim, GiveUp, LeaseLost, TryLater

# With pauses of at most 15 minutes this is a week; then the administrator sees the job.
TRIES: Final = 700
PERMANENT: Final = 500
# A server that does not even answer is left alone for so long: otherwise every waiting e-mail in turn would hold up the other jobs.
LEFT_ALONE: Final = timedelta(seconds=30)
HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}

_away_until: list[datetime] = []


def post(claim: Claim, mail: EmailMessage) -> None:
    """Sends, or raises. The caller writes down afterwards that it was sent: a worker killed in between sends it once more.

    An address or a message that the server refuses for good (5xx) raises GiveUp with its words, for the administrator, and blocks nobody
    else. Anything else, from 4xx to a lost connection, is TryLater. Raises LeaseLost when another attempt has the job.
    """
    if not claim.holds():
        raise LeaseLost
    if _away_until and clock.now() < _away_until[0] <= clock.now() + LEFT_ALONE:
        raise TryLater("The mail server did not answer a moment ago.")
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:
        _away_until[:] = [clock.now() + LEFT_ALONE]
        raise TryLater(f"The mail server does not answer: {type(error).__name__}: {error}") from error
    _away_until.clear()
    try:
        connection.send_messages([mail])
    except OSError as error:
        if said := _refused_for_good(error):
            raise GiveUp(f"The mail server refuses {', '.join(mail.to)} for good: {said}") from error
        raise TryLater(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def _refused_for_good(error: OSError) -> str:
    """The server's words when it says no for ever to this address or this e-mail; "" for all that may pass, such as its own faults."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(error, SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    elif isinstance(error, SMTPDataError):
        answers = [(error.smtp_code, error.smtp_error)]
    said = [
        f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}" for code, words in answers if code >= PERMANENT
    ]
    return "; ".join(said)

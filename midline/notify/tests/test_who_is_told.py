"""Everything that can happen × everybody: which message reaches whom, and by which ways. The table below is the rule; each line is lived.

People: owner (the provider of the case), full (a collaborator with every permission), bare (one with none), stranger (an account that works
with nobody), new (an address without an account), old (an address that was given up). A technician, another provider and an administrator
are there too, and are told nothing at all. A dash is nobody. What stands in quotes is a mail of the account, written by `people`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache

from midline.jobs import services as jobs
from midline.notify.kinds import KINDS
from midline.notify.models import Delivery, MailSettings
from midline.notify.policies import still_told
from midline.notify.tests.factories import PATIENT, name_patient, whole
from midline.notify.tests.happenings import HAPPENINGS
from midline.people.tests.factories import UserFactory

TABLE = """
what happens                                                  who        message                       ways
somebody without an account is added                          new        invitation.register           mail
somebody with an account is added                             stranger   invitation.accept             mail bell
the invitation is sent again                                  new        invitation.register           mail
the invitation is accepted                                    owner      invitation.accepted           mail bell
                                                              stranger   collaborator.added            mail bell
the invitation is declined                                    owner      invitation.declined           mail bell
the invitation is withdrawn before it was sent                -
the lab publishes a version                                   owner      setup.ready_for_review        mail bell
                                                              full       setup.ready_for_review        mail bell
                                                              bare       setup.ready_for_review        mail bell
a collaborator who plans publishes a version                  owner      setup.ready_for_review        mail bell
                                                              bare       setup.ready_for_review        mail bell
a collaborator marks it Ready for Approval                    owner      setup.ready_for_approval      mail bell
a collaborator declines it                                    owner      setup.declined                mail bell
the provider requests changes                                 -
a collaborator proposes changes                               owner      changes.proposed              bell
the provider pushes Ready back                                full       setup.pushed_back             mail bell
                                                              bare       setup.pushed_back             mail bell
the provider approves                                         full       setup.approved                bell
                                                              bare       setup.approved                bell
the provider comments                                         full       conversation.comment          mail bell
                                                              bare       conversation.comment          mail bell
a collaborator comments and mentions the provider             owner      conversation.mention          mail bell
                                                              full       conversation.comment          mail bell
a comment is changed and names the provider now               owner      conversation.mention          mail bell
the lab asks for records                                      owner      records.needed                mail bell
                                                              full       records.needed                mail bell
                                                              bare       records.needed                mail bell
the lab ships                                                 owner      order.shipped                 mail bell
                                                              full       order.shipped                 mail bell
                                                              bare       order.shipped                 mail bell
a collaborator begins an order                                owner      order.created                 mail bell
a collaborator submits the order                              owner      order.submitted               bell
the provider begins and submits an order                      -
a case is shared                                              bare       case.shared                   mail bell
a case is no longer shared                                    bare       case.unshared                 mail bell
a case is shared, and at once no longer                       -
a case is no longer shared, and that is undone                -
selected cases are shared                                     bare       cases.shared                  mail bell
selected cases are no longer shared                           bare       cases.unshared                mail bell
every case is shared                                          bare       cases.shared_all              mail bell
every case is shared no longer                                bare       cases.unshared_all            mail bell
every case but this one stays shared                          bare       case.unshared_singled         mail bell
a permission is taken away on a case                          full       access.withheld               mail bell
a permission is taken away on a case, and given back at once  -
permissions are changed                                       bare       access.changed                mail bell
permissions are changed, and that is undone                   -
access ends in 14 days                                        bare       access.ends_soon              mail bell
the end date has passed                                       bare       access.ended                  mail bell
the provider removes a collaborator                           bare       access.ended                  mail bell
a collaborator leaves                                         owner      collaborator.left             mail bell
somebody signs in with a new browser                          owner      "New sign-in"                 mail bell
the password is changed                                       owner      "Your password was changed"   mail bell
the e-mail address is changed                                 owner      "Your e-mail address was changed"       bell
                                                              old        "Your e-mail address was changed"       mail
"""

Told = set[tuple[str, str, str]]


def rows_of(table: str) -> dict[str, Told]:
    """happening → the messages that follow, as (who, message, way)."""
    found: dict[str, Told] = {}
    here: Told = set()
    for line in table.strip().splitlines()[1:]:
        if line[:62].strip():
            here = found.setdefault(line[:62].strip(), set())
        who, _space, rest = line[62:].strip().partition(" ")
        ways = [word for word in rest.split() if word in {"mail", "bell"}]
        message = rest[: rest.rindex(ways[0])].strip() if ways else ""
        here |= {(who, message, way) for way in ways}
    return found


ROWS = rows_of(TABLE)


class Stage:
    """The cast, a clock that is moved by hand, and what has been told since `forget`."""

    def __init__(self, cast: Any, clock: Any) -> None:
        self.cast, self.clock = cast, clock
        people = {"owner": "owner", "full": "with_every_grant", "bare": "with_no_grant", "stranger": "stranger"}
        self.names = {getattr(cast, who).user.email: name for name, who in people.items()} | {"new@example.org": "new"}
        self.ids = {getattr(cast, who).user.pk: name for name, who in people.items()}
        self.forget()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cast, name)

    def forget(self) -> None:
        mail.outbox.clear()
        self.last = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def read(self, address: str) -> str:
        """The link of the newest mail to this address."""
        jobs.run_all()
        body = next(str(m.body) for m in reversed(mail.outbox) if m.to == [address])
        return next(line for line in body.splitlines() if line.startswith("http")).removeprefix("http://testserver")

    def told(self) -> Told:
        """What reached people: sent by mail, and standing in their bell, once nothing can be undone any more."""
        self.clock.shift(120)
        jobs.run_all()
        kinds = dict(Delivery.objects.filter(channel="mail").values_list("message_id", "kind"))
        mails = {(self.names.get(m.to[0], m.to[0]), self._message(m, kinds), "mail") for m in mail.outbox}
        assert len(mails) == len(mail.outbox), "somebody was told twice"
        shown = Delivery.objects.filter(pk__gt=self.last, channel="bell", state="shown").select_related("person")
        return mails | {(self.ids.get(d.person_id, str(d.person_id)), self._words(d.kind), "bell") for d in still_told(list(shown))}

    def _message(self, sent: Any, kinds: dict[str, str]) -> str:
        return kinds.get(sent.extra_headers["Message-ID"], f'"{sent.subject}"')

    def _words(self, kind: str) -> str:
        return f'"{KINDS[kind].title}"' if kind.startswith("account.") else kind


@pytest.fixture
def stage(cast: Any, settings: Any, mailoutbox: Any) -> Iterator[Stage]:
    settings.PUBLIC_URL = "http://testserver"
    cache.clear()
    UserFactory(is_staff=True, is_superuser=True)
    name_patient(cast.case)
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as clock:
        yield Stage(cast, clock)


def test_every_line_of_the_table_is_lived():
    assert set(ROWS) == set(HAPPENINGS)


@pytest.mark.parametrize("happening", ROWS)
def test_exactly_these_people_are_told(stage, happening):
    before = stage.cast.owner.user.email
    HAPPENINGS[happening](stage)
    stage.names |= {before: "old", "moved@example.org": "owner"} if "address is changed" in happening else {}

    assert stage.told() == ROWS[happening]
    assert not any(name in whole(message) for message in mail.outbox for name in PATIENT)


@pytest.mark.parametrize("happening", [h for h in ROWS if any(way == "mail" for _who, _message, way in ROWS[h])])
def test_whoever_switched_instantly_off_hears_of_it_in_the_bell_at_once_and_by_mail_only_what_always_comes(stage, happening):
    people = [getattr(stage.cast, who).user for who in ("owner", "with_every_grant", "with_no_grant", "stranger")]
    MailSettings.objects.bulk_create(MailSettings(person=person, instantly=False) for person in people)
    before = stage.cast.owner.user.email
    HAPPENINGS[happening](stage)
    stage.names |= {before: "old"} if "address is changed" in happening else {}
    always = {row for row in ROWS[happening] if row[2] == "bell" or row[1].startswith(("invitation.register", "invitation.accept", '"'))}
    always -= {row for row in always if row[1] == "invitation.accepted" and row[2] == "mail"}

    assert stage.told() == always
    waits = Delivery.objects.filter(channel="mail", state="digest", pk__gt=stage.last).count()
    assert waits == len(ROWS[happening] - always)

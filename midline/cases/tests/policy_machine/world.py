"""One world twice: as rows of the product, changed by its real services, and as records of the oracle. Each act is done in both."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied

from midline.cases.models import Case as CaseRow
from midline.cases.models import Order as OrderRow
from midline.cases.tests.policy_machine.deeds import Deed, Terms, Verdict
from midline.cases.tests.policy_machine.orders import Orders
from midline.cases.tests.policy_machine.records import Act, Case, Collaboration, Invitation, Order, Person, Practice, Provider
from midline.collaboration import services as collaborating
from midline.collaboration.models import Collaboration as CollaborationRow
from midline.collaboration.models import Invitation as InvitationRow
from midline.collaboration.queries import token_of
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice as PracticeRow
from midline.practices.models import Provider as ProviderRow
from midline.practices.tests.factories import PracticeFactory, ProviderFactory

# Every way in which the product says no; anything else it raises is a fault.
NO = (PermissionDenied, NotAllowedNow, Refused, collaborating.InvitationClosed)
# Between two acts of people.
TICK = timedelta(seconds=1)
BEGINS = datetime(2026, 3, 24, 21, 30, tzinfo=UTC)
# Two providers whose practices lie in several time zones; summer time begins in Oslo within the week.
CLINICS = {"Maren": ("Europe/Oslo", "Pacific/Auckland"), "Luis": ("America/Los_Angeles", "Europe/Oslo")}
OTHERS = ("Priya", "Jonas", "Ingrid the technician", "Aino the administrator")
UNREGISTERED = ("Noor", "Sven", "Tove")


class Disagreement(AssertionError):
    """The product and the oracle do not say the same."""


@dataclass
class Cast:
    """The rows that every world of a run begins with, made once."""

    users: dict[str, int] = field(default_factory=dict)
    providers: dict[str, int] = field(default_factory=dict)
    practices: dict[str, int] = field(default_factory=dict)

    @classmethod
    def make(cls) -> "Cast":
        cast = cls()
        collaborating.texts_ensure()
        for name, zones in CLINICS.items():
            user = UserFactory(email=f"{name.lower()}@example.org", first_name=name)
            provider = ProviderFactory(person=user)
            cast.users[name], cast.providers[name] = user.pk, provider.pk
            for n, zone in enumerate(zones):
                practice = PracticeFactory(provider=provider, name=f"{name}’s practice {n + 1}", time_zone=zone, position=n)
                cast.practices[practice.name] = practice.pk
            collaborating.consent_give(by=Actor(user, Workspace.PROVIDER, provider.pk), address=None)
        for name in OTHERS:
            user = UserFactory(
                email=f"{name.split()[0].lower()}@example.org",
                first_name=name.split()[0],
                is_technician="technician" in name,
                is_staff="administrator" in name,
                is_superuser="administrator" in name,
            )
            cast.users[name] = user.pk
        return cast


@dataclass
class Figures:
    """What was asked and what happened, over all worlds of a run."""

    worlds: int = 0
    steps: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    answers: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    deeds: dict[tuple[str, bool], int] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """Answers to “may this person do this on this case”, each compared with the oracle."""
        return sum(self.asked.get(way, 0) for way in ("cases_for", "users_who_may", "actions_on", "may", "get_case_or_404"))

    def met_with(self, what: str, number: int = 1) -> None:
        self.met[what] = self.met.get(what, 0) + number


class World:
    def __init__(self, cast: Cast, figures: Figures) -> None:
        self.cast = cast
        self.figures = figures
        self.history: list[str] = []
        self.oracle = Orders(BEGINS)
        self.ids: dict[Any, Any] = {}
        self.users: dict[Person, User] = {}
        self.acts: list[Act] = []
        for name, pk in cast.users.items():
            user = User.objects.get(pk=pk)
            person = Person(name, user.email, technician=user.is_technician, administrator=user.is_staff)
            self._known(person, user)
        for name, pk in cast.providers.items():
            person = next(p for p in self.oracle.people if p.name == name)
            practices = []
            for n, zone in enumerate(CLINICS[name]):
                practice = Practice(f"{name}’s practice {n + 1}", zone)
                practices.append(practice)
                self.ids[practice] = cast.practices[practice.name]
            provider = Provider(person, practices)
            self.ids[provider] = pk
            self.oracle.providers.append(provider)
        self.oracle.people += [Person(name, f"{name.lower()}@example.org", account=False, verified=False) for name in UNREGISTERED]

    def _known(self, person: Person, user: User) -> None:
        self.users[person] = user
        if person not in self.oracle.people:
            self.oracle.people.append(person)

    # --- the product's rows of the oracle's records ---

    def actor(self, person: Person, workspace: str) -> Actor:
        provider = next((p for p in self.oracle.providers if p.person is person), None)
        own = self.ids[provider] if provider and workspace == Workspace.PROVIDER else None
        return Actor(self.users[person], Workspace(workspace), own)

    def row(self, one: Collaboration) -> CollaborationRow:
        return CollaborationRow.objects.get(pk=self.ids[one])

    def case_row(self, case: Case) -> CaseRow:
        return CaseRow.objects.get(pk=self.ids[case])

    def order_row(self, order: Order) -> OrderRow:
        return OrderRow.objects.get(pk=self.ids[order])

    def practice_row(self, practice: Practice) -> PracticeRow:
        return PracticeRow.objects.get(pk=self.ids[practice])

    def provider_row(self, provider: Provider) -> ProviderRow:
        return ProviderRow.objects.get(pk=self.ids[provider])

    @property
    def accounts(self) -> list[Person]:
        return [person for person in self.oracle.people if person.account]

    def at(self) -> AbstractContextManager[None]:
        """The clock of the product stands where the oracle's does."""
        return clock.at(self.oracle.now)

    # --- acts ---

    def do(self, kind: str, words: str, deed: Deed, act: Callable[[], Any]) -> tuple[Any, Any] | None:
        """Does `act` in the product and `deed` in the oracle. Returns what each made, None when it was refused.

        Raises Disagreement when one refuses what the other does.
        """
        self.oracle.now += TICK
        try:
            with self.at():
                made = act()
            no = None
        except NO as error:
            made, no = None, error
        except Exception as error:
            raise self.disagreement(f"{words}: the product fell over with {type(error).__name__}: {error}") from error
        done = no is None
        self.history.append(words if done else f"{words} — refused ({type(no).__name__})")
        self.figures.deeds[kind, done] = self.figures.deeds.get((kind, done), 0) + 1
        if deed.verdict is Verdict.DONE and not done:
            raise self.disagreement(f"the product refused the last act ({no!r}), and by the description {deed.because}")
        if deed.verdict is Verdict.REFUSED and done:
            raise self.disagreement(f"the product did the last act, and by the description it is refused: {deed.because}")
        if not done:
            return None
        record = deed.apply()
        self.oracle.settle()
        return made, record

    def disagreement(self, what: str) -> Disagreement:
        lines = [f"  {n + 1:3}. {line}" for n, line in enumerate(self.history)]
        return Disagreement("\n".join([what, "", "The world so far:", *lines, f"  It is {self.oracle.now:%A %Y-%m-%d %H:%M:%S} UTC."]))

    def same(self, question: str, product: Any, oracle: Any) -> None:
        if product != oracle:
            raise self.disagreement(f"{question}\n  the product says {show(product)}\n  the description says {show(oracle)}")

    # --- what acts need ---

    def remember(self, record: Any, pk: Any) -> None:
        self.ids[record] = pk

    def invited(self, made: tuple[Any, Any] | None, one: Collaboration | None = None) -> None:
        """Notes the collaboration and the newest mail to it, as its reader holds them."""
        if made is None:
            return
        row, record = made
        one = one or record
        if isinstance(row, CollaborationRow):
            self.ids[one] = row.pk
        if one.invitation and one.invitation not in self.ids:
            newest = InvitationRow.objects.filter(collaboration_id=self.ids[one]).latest("id")
            self.ids[one.invitation] = newest

    def undoable(self, made: tuple[Any, Any] | None) -> None:
        if made and made[1] is not None:
            self.ids[made[1]] = made[0].pk
            self.acts.append(made[1])

    def numbered(self, made: tuple[Any, Any] | None) -> None:
        """Notes a new case and its first order."""
        if made:
            order, case = made
            case.name = f"case {len(self.ids)}"
            self.ids[case], self.ids[case.orders[0]] = order.case_id, order.pk

    def token(self, invitation: Invitation) -> str:
        return token_of(self.ids[invitation])


def terms_for(terms: Terms) -> dict[str, Any]:
    """The terms as the services take them."""
    return {
        "grants": sorted(terms.grants),
        "evaluates": terms.evaluates,
        "hides_identity": terms.hides,
        "every_case": terms.every,
        "ends_on": terms.ends_on,
    }


def show(answer: Any) -> str:
    if isinstance(answer, set | frozenset):
        return "{" + ", ".join(sorted(str(item) for item in answer)) + "}"
    return repr(answer)


def told(terms: Terms) -> str:
    words = [*sorted(terms.grants)] or ["nothing granted"]
    words += ["evaluates"] if terms.evaluates else []
    words += ["identity hidden"] if terms.hides else []
    words += ["every case"] if terms.every else []
    words += [f"through {terms.ends_on}"] if terms.ends_on else []
    return ", ".join(words)


def names(items: Iterable[Any]) -> str:
    return ", ".join(str(item) for item in items) or "none"

"""What is asked of the product and of the oracle after each act: every direction of the rule, and what is derived from it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404

from midline.cases.actions import Action
from midline.cases.models import Case as CaseRow
from midline.cases.models import CollaboratorStatus, Turn
from midline.cases.models import Order as OrderRow
from midline.cases.policies import actions_on, cases_for, get_case_or_404, may, providers_for, recipients, users_who_may
from midline.cases.queries import collaborator_count, reach_of, standings
from midline.cases.queries.conditions import collaborator_status_is, to_evaluate, turn_is
from midline.cases.tests.policy_machine.records import Case, Person
from midline.cases.tests.policy_machine.world import World
from midline.core.workspace import Workspace

ACTIONS = tuple(Action)
T = TypeVar("T")
WORKSPACES = (Workspace.PROVIDER, Workspace.COLLABORATOR, Workspace.LAB)


class Questions:
    """Asks a world. `turn` rises with each batch, so that batch after batch goes round actions, people and cases."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.oracle = world.oracle
        self.figures = world.figures
        self.turn = 0

    def _asked(self, way: str, answers: list[bool]) -> None:
        self.figures.asked[way] = self.figures.asked.get(way, 0) + len(answers)
        if way != "summaries":
            self.figures.answers[True] += sum(answers)
            self.figures.answers[False] += len(answers) - sum(answers)

    def batch(self, *, noticed: bool = True) -> None:
        """A share of all questions, another one each time. `noticed`: the portal has looked at what ran out since."""
        self.turn += 1
        with self.world.at():
            self.cases_for(self._round(ACTIONS, 3))
            self.users_who_may(self._round(ACTIONS, 1, start=7))
            for case in self._round(self.oracle.cases, 1):
                self.actions_on(case)
            self.one_by_one()
            self.beside_cases()
            if noticed:
                self.facts()
                (self.summaries, self.counters, self.providers_for)[self.turn % 3]()
        self.what_was_met()

    def everything(self) -> None:
        """The whole matrix of the world, and a larger share of the other directions."""
        with self.world.at():
            self.cases_for(self._round(ACTIONS, 8))
            for case in self.oracle.cases:
                self.actions_on(case)

    def _round(self, items: Sequence[T], count: int, start: int = 0) -> list[T]:
        if not items:
            return []
        first = self.turn * count + start
        return [items[(first + n) % len(items)] for n in range(min(count, len(items)))]

    # --- the three directions ---

    def cases_for(self, actions: Sequence[Action]) -> None:
        for workspace in WORKSPACES:
            for person in self._likely(workspace):
                actor = self.world.actor(person, workspace)
                for action in actions:
                    listed = set(cases_for(actor, action).values_list("pk", flat=True))
                    wanted = {self.world.ids[c] for c in self.oracle.cases if self.oracle.may(person, workspace, action, c)}
                    if listed != wanted:
                        self._differ("cases_for", person, workspace, action, self._names(listed), self._names(wanted))
                    self._asked("cases_for", [self.world.ids[c] in wanted for c in self.oracle.cases])

    def _likely(self, workspace: Workspace) -> list[Person]:
        """Whoever has, had or could have something there, and one who never had, another one each time."""
        owners = {provider.person for provider in self.oracle.providers}
        invited = {one.person for one in self.oracle.collaborations}
        has = [
            p
            for p in self.world.accounts
            if (workspace is Workspace.PROVIDER and p in owners)
            or (workspace is Workspace.COLLABORATOR and p in invited)
            or (workspace is Workspace.LAB and p.technician)
        ]
        return [*has, *self._round([p for p in self.world.accounts if p not in has], 1)]

    def users_who_may(self, actions: Sequence[Action]) -> None:
        people = {self.world.users[person].pk: person for person in self.world.accounts}
        for case in self.oracle.cases:
            row = self.world.case_row(case)
            for action in actions:
                for workspace in WORKSPACES:
                    found = {people[pk] for pk in users_who_may(action, row, workspace).values_list("pk", flat=True)}
                    wanted = {person for person in people.values() if self.oracle.may(person, workspace, action, case)}
                    if found != wanted:
                        self._differ("users_who_may", case, workspace, action, found, wanted)
                    self._asked("users_who_may", [person in wanted for person in people.values()])

    def actions_on(self, case: Case) -> None:
        row = self.world.case_row(case)
        for workspace in WORKSPACES:
            for person in self._likely(workspace):
                found = set(actions_on(self.world.actor(person, workspace), row))
                wanted = self.oracle.allowed(person, workspace, case)
                if found != wanted:
                    self._differ("actions_on", person, workspace, case, found, wanted)
                self._asked("actions_on", [action in wanted for action in ACTIONS])

    def one_by_one(self) -> None:
        """`may` and the door, for one person of each workspace and one action."""
        for n, workspace in enumerate(WORKSPACES):
            for case in self._round(self.oracle.cases, 1, start=n):
                (person,) = self._round(self.world.accounts, 1, start=n)
                (action,) = self._round(ACTIONS, 1, start=n * 11)
                actor, row = self.world.actor(person, workspace), self.world.case_row(case)
                wanted = self.oracle.may(person, workspace, action, case)
                self.world.same(f"may: {person} as {workspace}, {action}, {case}", may(actor, action, row), wanted)
                self._asked("may", [wanted])
                sees = self.oracle.may(person, workspace, Action.VIEW, case)
                try:
                    get_case_or_404(actor, row.number or "", action)
                    door = "open"
                except Http404:
                    door = "404"
                except PermissionDenied:
                    door = "403"
                words = f"get_case_or_404: {person} as {workspace}, {action}, {case}"
                self.world.same(words, door, "open" if wanted and sees else "403" if sees else "404")
                self._asked("get_case_or_404", [wanted])

    # --- what follows from it ---

    def providers_for(self) -> None:
        for person in self._round(self.world.accounts, 2):
            for workspace in WORKSPACES:
                found = set(providers_for(self.world.actor(person, workspace), Action.ADD_ORDER).values_list("pk", flat=True))
                wanted = {self.world.ids[p] for p in self.oracle.may_begin_for(person, workspace)}
                self.world.same(f"providers_for: {person} as {workspace}", found, wanted)
                self._asked("summaries", [True])

    def beside_cases(self) -> None:
        """The number beside a case. Who has an invitation that ran out unnoticed may still be counted, or not."""
        for case in self._round(self.oracle.cases, 1, start=1):
            counted = self.oracle.beside(case)
            doubtful = sum(self.oracle.lapsed(one) for one in counted)
            number = collaborator_count(self.world.case_row(case))
            if not len(counted) - doubtful <= number <= len(counted):
                self.world.same(f"the number of collaborators beside {case}", number, len(counted))
            owner = case.provider.person
            told = {(actor.user_id, actor.workspace) for actor in recipients(Action.VIEW, self.world.case_row(case))}
            wanted = {(self.world.users[owner].pk, Workspace.PROVIDER)}
            wanted |= {
                (self.world.users[person].pk, Workspace.COLLABORATOR)
                for person in self.world.accounts
                if self.oracle.may(person, Workspace.COLLABORATOR, Action.VIEW, case)
            }
            self.world.same(f"who is told of what happens on {case}", told, wanted)
            self._asked("summaries", [True, True])

    def summaries(self) -> None:
        """Collaborator status and turn, of rows that are loaded and as conditions of a list."""
        if self.turn % 2:
            (provider,) = self._round(self.oracle.providers, 1)
            self._summaries_for(provider.person, Workspace.PROVIDER)
        else:
            seeing = [p for p in self.world.accounts if any(self.oracle.through(p, c) for c in self.oracle.cases)]
            for person in self._round(seeing, 1):
                self._summaries_for(person, Workspace.COLLABORATOR)

    def _summaries_for(self, person: Person, workspace: Workspace) -> None:
        actor = self.world.actor(person, workspace)
        seen = [c for c in self.oracle.cases if self.oracle.may(person, workspace, Action.VIEW, c)]
        rows = {row.pk: row for row in CaseRow.objects.filter(pk__in=[self.world.ids[c] for c in seen]).select_related("current_order")}
        found = standings(rows.values(), actor)
        own = workspace is Workspace.COLLABORATOR
        wanted = {c: self.oracle.own_status(person, c) if own else self.oracle.summary(c) for c in seen}
        for case in seen:
            standing, turn = found[self.world.ids[case]], self.oracle.turn(case)
            words = f"{person} as {workspace} reads {case}"
            self.world.same(f"{words}: the collaborator status", standing.mine if own else standing.status, wanted[case])
            self.world.same(f"{words}: whose turn it is", standing.turn, turn)
            waits = own and self._waits_for(person, case)
            self.world.same(f"{words}: whether it is their own turn", standing.own, waits if own else turn == "provider")
            self._asked("summaries", [True] * 3)
        listed = cases_for(actor)
        for status in CollaboratorStatus:
            self._filter(f"{person} as {workspace} filters by {status}", listed.filter(collaborator_status_is(status, actor)), {
                c for c in seen if wanted[c] == status
            })  # fmt: skip
        for turn_ in Turn:
            self._filter(f"{person} as {workspace} filters by turn {turn_}", listed.filter(turn_is(turn_, actor)), {
                c for c in seen if self.oracle.turn(c) == turn_
            })  # fmt: skip
        if own:
            evaluate = {c for c in seen if found[self.world.ids[c]].own}
            self._filter(f"{person} has to evaluate", listed.filter(to_evaluate(actor)), evaluate)

    def _filter(self, words: str, rows: Any, wanted: set[Case]) -> None:
        self.world.same(words, self._names(set(rows.values_list("pk", flat=True))), {str(c) for c in wanted})
        self._asked("summaries", [True])

    def counters(self) -> None:
        """What tabs count without counting: the counters against the cases."""
        for person in self._round(self.world.accounts, 2, start=3):
            for workspace in (Workspace.PROVIDER, Workspace.COLLABORATOR):
                seen = [c for c in self.oracle.cases if self.oracle.may(person, workspace, Action.VIEW, c)]
                reach = reach_of(self.world.actor(person, workspace))
                found = {status: n for status, n in reach.counts().by_status.items() if n}
                self.world.same(f"{person} as {workspace} counts by status", found, dict(Counter(c.current.state for c in seen)))
                if workspace is Workspace.COLLABORATOR:
                    waiting = sum(self._waits_for(person, c) for c in seen)
                    self.world.same(f"{person} counts what to evaluate", reach.to_evaluate_count(), waiting)
                self._asked("summaries", [True])

    def _waits_for(self, person: Person, case: Case) -> bool:
        one = self.oracle.through(person, case)
        evaluates = bool(one and one.value("evaluates"))
        return evaluates and case.current.state == "awaiting_approval" and self.oracle.own_status(person, case) == "evaluating"

    def facts(self) -> None:
        """Status and planner of each order, status and practice of each case."""
        rows = {row.pk: row for row in OrderRow.objects.select_related("case")}
        for case in self.oracle.cases:
            for order in case.orders:
                row = rows.pop(self.world.ids[order])
                planner = order.planner and (self.world.users[order.planner[0]].pk, order.planner[1])
                stands = row.held_status if row.status == "on_hold" else row.status
                self.world.same(f"the status of {order} of {case}", (row.status, stands), (order.state, order.stands_in))
                self.world.same(f"the planner of {order} of {case}", row.planner_id and (row.planner_id, row.planner_workspace), planner)
            self.world.same(f"the status of {case}", row.case.status, case.current.state)
            self.world.same(f"the practice of {case}", row.case.practice_id, self.world.ids[case.practice])
            self._asked("summaries", [True] * 2 * len(case.orders))
        self.world.same("orders that nobody began", set(rows), set())

    # --- the worlds' variety ---

    def what_was_met(self) -> None:
        """Counts what stood in the world when it was asked."""
        for one in self.oracle.collaborations:
            given = [case for case in self.oracle.cases if self.oracle.shares(one, case)]
            self.figures.met_with(one.how or one.state)
            for name, here in (
                ("past its end date, nobody looked", one.state == "active" and self.oracle.over(one) and bool(given)),
                ("invitation ran out, nobody looked", self.oracle.lapsed(one)),
                ("standing grant", self.oracle.live(one) and bool(one.value("every"))),
                ("single shares", self.oracle.live(one) and bool(given) and not one.value("every")),
                ("identity hidden", self.oracle.live(one) and bool(one.value("hides")) and bool(given)),
                ("taken away on a case", self.oracle.live(one) and any(one.value("hold", case) for case in given)),
                ("nothing shared", self.oracle.live(one) and not given),
                ("a provider as collaborator", self.oracle.live(one) and any(p.person is one.person for p in self.oracle.providers)),
                ("registered later", self.oracle.live(one) and one.person in self.world.accounts[len(self.world.cast.users):]),
                ("plans an order", any(o.planner == (one.person, Workspace.COLLABORATOR) for c in given for o in c.orders)),
            ):  # fmt: skip
                if here:
                    self.figures.met_with(name)
        self.figures.met_with("undone", sum(act.undone for act in self.world.acts))
        for case in self.oracle.cases:
            self.figures.met_with("moved between practices", case.moved)
            self.figures.met_with(f"summary {self.oracle.summary(case)}")

    def _names(self, pks: set[int]) -> set[str]:
        known = {self.world.ids[case]: str(case) for case in self.oracle.cases}
        return {known.get(pk, f"an unknown case ({pk})") for pk in pks}

    def _differ(self, way: str, who: Any, workspace: Any, what: Any, found: set[Any], wanted: set[Any]) -> None:
        extra, missing = {str(f) for f in found} - {str(w) for w in wanted}, {str(w) for w in wanted} - {str(f) for f in found}
        words = f"{way}: {who} as {workspace}, {what}"
        raise self.world.disagreement(
            f"{words}\n  the product gives and the description does not: {', '.join(sorted(extra)) or 'nothing'}"
            f"\n  the description gives and the product does not: {', '.join(sorted(missing)) or 'nothing'}"
        )

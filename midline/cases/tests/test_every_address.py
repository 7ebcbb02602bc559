"""Every address of the portal × everybody: who is let in, who is sent away, and that nobody learns what is not theirs.

One line an address and method, pages, files, uploads, live updates and exports alike. A new address without a line fails: add it to ROWS
(the failing test prints the line to judge). `name[value=…]` asks an address that names one thing more than once. The letters, in the order
of PEOPLE:

    s  asked to sign in        o  let in (an answer, a form that says what is wrong, a redirect, 409: the rule of the page itself decides)
    .  404, as if not there    x  403, seen but not allowed

What addresses name stands in web/tests/everything.py (the fixture `there`): a case that holds something of every room and is shared with
every collaborator, so that a dot is a decision and not an absence. Addresses with a workspace are asked in the person's own; in the others
everybody gets 404.
"""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from midline.cases.tests.addresses import ALL
from midline.cases.tests.gate_addresses import OWN_PEOPLE, OWN_ROWS

PEOPLE = (
    "signed_out", "owner", "with_every_grant", "with_no_grant", "technician", "stranger", "other_provider", "administrator",
    "revoked", "expired", "invited", "colleague", "colleague_at_home",
)  # fmt: skip
WORKSPACES = {"owner": "provider", "other_provider": "provider", "colleague_at_home": "provider", "technician": "lab"}

# address, method, and what each gets:
#                                                     signed out
#                                                     | owner
#                                                     | | collaborator with every grant
#                                                     | | | collaborator with none
#                                                     | | | | technician
#                                                     | | | | | stranger
#                                                     | | | | | | another provider
#                                                     | | | | | | | administrator
#                                                     | | | | | | | | removed collaborator
#                                                     | | | | | | | | | one whose end date has passed
#                                                     | | | | | | | | | | one who has not answered the invitation
#                                                     | | | | | | | | | | | a provider as the owner's collaborator
#                                                     | | | | | | | | | | | | the same person as a provider
ROWS = """
web:home                                      GET     s o o o o o o o o o o o o
web:theme                                     POST    s o o o o o o o o o o o o
web:workspaces                                GET     s o o o o o o o o o o o o
web:single_keys                               POST    s o o o o o o o o o o o o
web:healthz                                   GET     o o o o o o o o o o o o o
web:start                                     GET     s o o o o . o . o o . o o
web:dashboard                                 GET     s o o o . . o . o o . o o
web:workspace_updates                         GET     s o o o o . o . o o . o o
web:updates                                   GET     s o o o o . . . . . . o .
web:case                                      GET     s o o o o . . . . . . o .
web:order_event                               POST    s o x x o . . . . . . x .
web:case_prescription                         GET     s o o o o . . . . . . o .
web:case_records                              GET     s o o o o . . . . . . o .
web:case_setups                               GET     s o o o o . . . . . . o .
web:case_discussion                           GET     s o o o . . . . . . . o .
web:case_orders                               GET     s o o o o . . . . . . o .
web:case_history                              GET     s o o o o . . . . . . o .
people:profile                                GET     s o o o o o o o o o o o o
people:profile                                POST    s o o o o o o o o o o o o
people:security                               GET     s o o o o o o o o o o o o
people:language                               POST    o o o o o o o o o o o o o
practices:register                            GET     o o o o o o o o o o o o o
practices:register                            POST    o o o o o o o o o o o o o
practices:waiting                             GET     s o . . . . o . . . . o o
practices:practices                           GET     s o . . . . o . . . . o o
practices:practice_add                        GET     s o . . . . o . . . . o o
practices:practice_add                        POST    s o . . . . o . . . . o o
practices:practice                            GET     s o . . . . . . . . . . .
practices:practice                            POST    s o . . . . . . . . . . .
collaboration:terms                           GET     o o o o o o o o o o o o o
collaboration:consent                         GET     o o o o o o o o o o o o o
collaboration:again                           GET     o o o o o o o o o o o o o
collaboration:again                           POST    o o o o o o o o o o o o o
collaboration:invitation                      GET     s x x x x x x x x x o x x
collaboration:invitation                      POST    s x x x x x x x x x o x x
collaboration:invitation[token=unknown]       GET     . . . . . . . . . . . . .
collaboration:register                        GET     o o o o o o o o o o o o o
collaboration:register                        POST    o o o o o o o o o o o o o
collaboration:passkey                         POST    o . . . . . . . . . . . .
collaboration:decline                         GET     s x x x x x x x x x o x x
collaboration:decline                         POST    x x x x x x x x x x o x x
collaboration:collaborations                  GET     s o o o o o o o o o o o o
collaboration:leave                           GET     s . . o . . . . . . . . .
collaboration:leave                           POST    s . . o . . . . . . . . .
cases:manage_orders                           GET     s o . . . . o . . . . o o
cases:orders_rows                             GET     s o . . . . o . . . . o o
cases:manage_orders                           POST    s o . . . . o . . . . o o
cases:orders_filters                          GET     s o . . . . o . . . . o o
cases:orders_filters                          POST    s o . . . . o . . . . o o
cases:collaborators_filters                   GET     s o . . . . o . . . . o o
cases:collaborators_filters                   POST    s o . . . . o . . . . o o
cases:collaborator_filters                    GET     s . o o . . . . o o . o o
cases:collaborator_filters                    POST    s . o o . . . . o o . o o
cases:orders_matching                         GET     s o . . . . o . . . . o o
cases:view_save                               POST    s o o o . . o . o o . o o
cases:view_counts                             GET     s o o o . . o . o o . o o
cases:view_change                             POST    s o . . . . . . . . . . .
cases:view_delete                             POST    s o . . . . . . . . . . .
cases:view_restore                            POST    s o . . . . . . . . . . .
cases:columns                                 GET     s o o o . . o . o o . o o
cases:columns                                 POST    s o o o . . o . o o . o o
cases:export_orders                           GET     s o . . . . o . . . . o o
cases:orders_share                            POST    s o . . . . . . . . . . .
cases:case_collaborators                      GET     s o . . . . . . . . . . .
cases:case_collaborators                      POST    s o . . . . . . . . . . .
cases:case_permissions                        GET     s o . . . . . . . . . . .
cases:case_permissions                        POST    s o . . . . . . . . . . .
cases:case_details                            GET     s o . . . . . . . . . . .
cases:case_details                            POST    s o . . . . . . . . . . .
cases:shares_matching                         GET     s o . . . . . . . . . . .
cases:shares_matching                         POST    s - . . . . - . . . . - -
cases:manage_collaborators                    GET     s o . . . . o . . . . o o
cases:manage_collaborators                    POST    s o . . . . o . . . . o o
cases:shares_change                           POST    s o . . . . . . . . . . .
cases:standing_grant                          POST    s o . . . . . . . . . . .
cases:share_except                            GET     s o . . . . . . . . . . .
cases:share_except                            POST    s o . . . . . . . . . . .
cases:shares_undo                             POST    s o . . . . . . . . . . .
cases:account_collaborators                   GET     s o . . . . o . . . . o o
cases:account_collaborators                   POST    s o . . . . o . . . . o o
cases:account_lookup                          POST    s o . . . . o . . . . o o
cases:account_change_undo                     POST    s o . . . . . . . . . . .
cases:account_collaborator                    GET     s o . . . . . . . . . . .
cases:account_collaborator                    POST    s o . . . . . . . . . . .
cases:account_resend                          POST    s o . . . . . . . . . . .
cases:account_withdraw                        POST    s o . . . . . . . . . . .
cases:account_remove                          POST    s o . . . . . . . . . . .
cases:collaborator_cases                      GET     s . o o . . . . o o . o o
cases:collaborator_rows                       GET     s . o o . . . . o o . o o
cases:collaborator_cases                      POST    s . o o . . . . o o . o o
cases:collaborator_provider                   GET     s . o o . . . . o o . o o
cases:collaborator_provider                   POST    s . o o . . . . o o . o o
cases:collaborator_practice                   GET     s . o o . . . . o o . o o
cases:collaborator_practice                   POST    s . o o . . . . o o . o o
cases:export_collaborator_cases               GET     s . o o . . . . o o . o o
records:uploads                               POST    s o o x x . . . . . . o .
records:uploads                               OPTIONS s o o o o . o . o o . o o
records:upload                                GET     s . o . . . . . . . . . .
records:upload                                HEAD    s . o . . . . . . . . . .
records:upload                                PATCH   s . o . . . . . . . . . .
records:upload                                DELETE  s . o . . . . . . . . . .
records:send                                  POST    s o o x x . . . . . . o .
records:place                                 GET     s o o . . . . . . . . o .
records:move                                  POST    s o o x . . . . . . . o .
records:file                                  GET     s o o o o . . . . . . o .
records:file[what=shown]                      GET     s o o o o . . . . . . o .
records:file[what=original]                   GET     s o o x o . . . . . . o .
records:file[what=scrubbed]                   GET     s o o x o . . . . . . o .
records:file                                  HEAD    s o o o o . . . . . . o .
conversation:conversation                     GET     s o o o x . . . . . . o .
conversation:read                             POST    s o o o x . . . . . . o .
conversation:comment                          POST    s o o o x . . . . . . o .
conversation:file                             GET     s o o o x . . . . . . o .
conversation:file[what=shown]                 GET     s o o o x . . . . . . o .
conversation:comment_edit                     POST    s x o x x . . . . . . x .
conversation:comment_delete                   POST    s x o x x . . . . . . x .
conversation:request_withdraw                 POST    s x o x x . . . . . . x .
setups:review                                 GET     s o o o o . . . . . . o .
setups:review[version=2]                      GET     s . o . o . . . . . . . .
setups:approve                                POST    s o x x x . . . . . . x .
setups:decline                                POST    s o o x x . . . . . . o .
setups:propose                                POST    s o o o x . . . . . . o .
setups:carry                                  POST    s o o o x . . . . . . o .
setups:ready                                  POST    s x o o x . . . . . . o .
setups:take_back                              POST    s x o o x . . . . . . o .
setups:push_back                              POST    s o x x x . . . . . . x .
setups:compare                                GET     s o o o o . . . . . . o .
setups:compare[version=2]                     GET     s . o . o . . . . . . . .
setups:overlay[other=1]                       GET     s o o o o . . . . . . o .
setups:overlay[other=2]                       GET     s . o . o . . . . . . . .
setups:picture                                GET     s o o o o . . . . . . o .
setups:picture[version=2]                     GET     s . o . o . . . . . . . .
setups:summary                                GET     s o o x o . . . . . . o .
setups:summary[version=2]                     GET     s . . x . . . . . . . . .
setups:original                               GET     s o o x o . . . . . . o .
setups:original[version=2]                    GET     s . o x o . . . . . . . .
setups:model                                  GET     s o o o o . . . . . . o .
setups:model[version=2]                       GET     s . o . o . . . . . . . .
setups:import_thumb                           GET     s . o . o . . . . . . . .
notify:email_notifications                    GET     s o o o o o o o o o o o o
notify:email_notifications                    POST    s o o o o o o o o o o o o
notify:bell                                   GET     s o o o o o o o o o o o o
notify:bell_list                              GET     s o o o o o o o o o o o o
notify:bell_count                             GET     s o o o o o o o o o o o o
notify:bell_read                              POST    s o o o o o o o o o o o o
notify:bell_open                              GET     s . o . . . . . . . . . .
notify:unsubscribe                            GET     o o o o o o o o o o o o o
notify:unsubscribe                            POST    o o o o o o o o o o o o o
notify:mailbox                                GET     o o o o o o o o o o o o o
notify:letter                                 GET     o o o o o o o o o o o o o
notify:letter_html                            GET     o o o o o o o o o o o o o
orders:add                                    GET     s o o . . . o . . . . o o
orders:add                                    POST    s o o . . . . . . . . o .
orders:add_retainer                           GET     s o o . . . o . . . . o o
orders:add_retainer                           POST    s o o . . . . . . . . o .
orders:add_revision                           POST    s o o x . . . . . . . o .
orders:add_replacement                        POST    s o o x . . . . . . . o .
orders:step                                   GET     s o o x . . . . . . . o .
orders:step[step=2]                           GET     s o o x . . . . . . . o .
orders:step                                   POST    s o o x . . . . . . . o .
orders:autosave                               POST    s o o x . . . . . . . o .
orders:field                                  GET     s o o x . . . . . . . o .
orders:needed                                 GET     s o o x . . . . . . . o .
orders:prefer                                 POST    s o o x . . . . . . . o .
orders:submit                                 POST    s o o x . . . . . . . o .
orders:discard                                POST    s o o x . . . . . . . x .
lab:queue                                     GET     s . . . o . . . . . . . .
lab:take_next                                 POST    s . . . o . . . . . . . .
lab:take                                      POST    s x o x o . . . . . . o .
lab:hand_over                                 POST    s x o x o . . . . . . o .
lab:ask_records                               GET     s x x x o . . . . . . x .
lab:ask_records                               POST    s x x x o . . . . . . x .
lab:start                                     POST    s x x x o . . . . . . x .
lab:ship                                      GET     s x x x o . . . . . . x .
lab:ship                                      POST    s x x x o . . . . . . x .
lab:changes                                   GET     s o o o o . . . . . . o .
lab:answer                                    POST    s x o x o . . . . . . x .
lab:import_add                                GET     s x o x o . . . . . . o .
lab:import_add                                POST    s x o x o . . . . . . o .
lab:import                                    GET     s . o . o . . . . . . . .
lab:import_current                            GET     s x o x o . . . . . . o .
lab:import_progress                           GET     s . o . o . . . . . . . .
lab:import_match                              POST    s . o . o . . . . . . . .
lab:import_teeth                              POST    s . o . o . . . . . . . .
lab:import_plan                               POST    s . o . o . . . . . . . .
lab:import_table[kind=ipr]                    GET     s . o . o . . . . . . . .
lab:import_publish                            GET     s . o . o . . . . . . . .
lab:import_publish                            POST    s . o . o . . . . . . . .
lab:import_retry                              POST    s . o . o . . . . . . . .
lab:import_supply                             POST    s . o . o . . . . . . . .
lab:import_go_on                              POST    s . o . o . . . . . . . .
lab:import_report                             GET     s . o . o . . . . . . . .
lab:import_discard                            GET     s . o . o . . . . . . . .
lab:import_discard                            POST    s . o . o . . . . . . . .
"""
# Addresses that stand only with some settings.
SOMETIMES = {"notify:mailbox", "notify:letter", "notify:letter_html"}


@dataclass(frozen=True)
class Row:
    """One line of the tables; `given` is what stands in brackets after the name."""

    name: str
    given: dict[str, str]
    method: str
    letters: list[str]
    people: tuple[str, ...]

    @classmethod
    def of(cls, line: str, people: tuple[str, ...]) -> "Row":
        place, method, *letters = line.split()
        name, _bracket, given = place.rstrip("]").partition("[")
        return cls(name, dict(pair.split("=") for pair in given.split(",") if given), method, letters, people)


TABLE = [Row.of(line, PEOPLE) for line in ROWS.strip().splitlines()] + [
    Row.of(line, OWN_PEOPLE) for line in OWN_ROWS.strip().splitlines()
]  # fmt: skip
HERE = [row for row in TABLE if row.name in ALL]


def path_of(row: Row, there: Any, workspace: str) -> str:
    known = {**there.named(row.name), "workspace": workspace, **row.given}
    return reverse(row.name, kwargs={key: known.get(key, 77_777) for key in ALL[row.name].wants})


def letter(client: Client, method: str, path: str, sent: dict[str, Any]) -> str:
    """What one person gets; nothing of it stays, neither rows nor cookies nor counted attempts."""
    cache.clear()
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        response = getattr(client, method.lower())(path, **{name: value() if callable(value) else value for name, value in sent.items()})
        if response.streaming:
            # Read to its end: the client then closes it without closing the connection that this transaction is on.
            b"".join(response)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    assert response.status_code != 500, path
    if response.status_code in {302, 303} and response["Location"].startswith(reverse("account_login")):
        return "s"
    return {404: ".", 403: "x", 401: "s", 405: "-"}.get(response.status_code, "o")


def asked(row: Row, there: Any, who: str, workspace: str = "") -> str:
    client = Client() if who == "signed_out" else there.people[who].client
    path = path_of(row, there, workspace or WORKSPACES.get(who, "collaborator"))
    return letter(client, row.method, path, there.sent.get(f"{row.name} {row.method}", {}))


def line_of(there: Any, row: Row) -> str:
    return f"{row.name:<45} {row.method:<7} {' '.join(asked(row, there, who) for who in row.people)}"


def test_every_address_has_a_row_and_every_row_an_address(there):
    named = {name for name in ALL if not name.startswith("admin:")}
    rows = {row.name for row in TABLE}
    missing = [line_of(there, Row(name, {}, method, [], PEOPLE)) for name in sorted(named - rows) for method in ("GET", "POST")]

    assert not missing, "Judge each letter, then add the line to ROWS (GET or POST, whichever the address takes):\n" + "\n".join(missing)
    assert rows - named - SOMETIMES == set(), "these addresses are gone"


@pytest.mark.slow
def test_who_is_let_in(there):
    wrong = []
    for row in HERE:
        found = [asked(row, there, who) for who in row.people]
        if found != row.letters:
            wrong.append(f"{row.name} {row.given or ''} {row.method} {' '.join(found)}   instead of {' '.join(row.letters)}")

    assert not wrong, "\n".join(wrong)


# Methods that no page of the portal takes, but those with a row of their own.
OTHERS = ("PUT", "PATCH", "DELETE")


@pytest.mark.once
def test_no_address_takes_a_method_without_a_row(there):
    """The gate of sign-in, passwords and passkeys is allauth's; it reads GET and POST alone."""
    rows = {(row.name, row.method) for row in TABLE}
    first = {row.name: row for row in reversed(HERE) if row.people == PEOPLE}
    asking = [(row, method) for row in first.values() for method in OTHERS if (row.name, method) not in rows]
    taken = set()
    for who in ("owner", "with_every_grant"):
        for row, method in asking:
            path = path_of(row, there, WORKSPACES.get(who, "collaborator"))
            taken |= {(row.name, method)} if letter(there.people[who].client, method, path, {}) == "o" else set()

    assert taken == set()


FOREIGN = (
    ("owner", "lab"), ("owner", "collaborator"), ("with_every_grant", "provider"), ("technician", "provider"),
    ("colleague", "lab"), ("colleague_at_home", "provider"), ("revoked", "provider"), ("administrator", "lab"),
)  # fmt: skip
# A provider who is also a collaborator begins orders of their own, and finds nothing of the other provider.
OF_ONES_OWN = {
    "web:start", "web:dashboard", "web:workspace_updates", "orders:add", "orders:add_retainer",
    "cases:view_save", "cases:view_counts", "cases:columns",
}  # fmt: skip


@pytest.mark.once
def test_nobody_is_let_into_a_workspace_that_is_not_theirs(there):
    """What a person is in one workspace gives nothing in another."""
    first = {row.name: row for row in reversed(HERE) if ALL[row.name].in_workspace}
    for row in first.values():
        for who, workspace in FOREIGN:
            if who != "colleague_at_home" or row.name not in OF_ONES_OWN:
                assert asked(row, there, who, workspace) == ".", (row.name, row.method, who)


def test_the_administration_is_for_administrators(there):
    pages = {name for name, address in ALL.items() if name.startswith("admin:") and not address.wants} - {"admin:login", "admin:logout"}
    for name in pages:
        for who in ("owner", "with_every_grant", "technician", "stranger", "revoked"):
            response = there.people[who].client.get(reverse(name))
            assert response.status_code == 404 or "/login/" in response["Location"], (name, who)

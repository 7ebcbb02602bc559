"""Every address of the portal × everybody: who is let in, who is sent away, and that nobody learns what is not theirs.

One line an address (two where it is also posted to). A new address without a line fails: add it to ROWS.
The letters, in the order of PEOPLE:

    s  asked to sign in        o  let in (an answer, a form that says what is wrong, a redirect, 409: the rule of the page itself decides)
    .  404, as if not there    x  403, seen but not allowed

Addresses with a workspace are asked in the person's own; in the others everybody gets 404. Where the address names something that the
fixture `there` does not hold, everybody who gets as far as looking gets 404.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from midline.cases import services
from midline.cases.models import Case
from midline.cases.tests.factories import make_case, move
from midline.core import clock
from midline.core.storage import files
from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice

PEOPLE = ("signed_out", "owner", "with_every_grant", "with_no_grant", "technician", "stranger", "other_provider", "administrator")
WORKSPACES = {"owner": "provider", "other_provider": "provider", "technician": "lab"}

# address, method, and what each gets:
#                                                   signed out
#                                                   | owner
#                                                   | | collaborator with every grant
#                                                   | | | collaborator with none
#                                                   | | | | technician
#                                                   | | | | | stranger
#                                                   | | | | | | another provider
#                                                   | | | | | | | administrator
ROWS = """
web:home                                      GET   s o o o o o o o
web:home                                      POST  s o o o o o o o
web:theme                                     POST  s o o o o o o o
web:single_keys                               POST  s o o o o o o o
web:healthz                                   GET   o o o o o o o o
web:start                                     GET   s o o o o . o .
web:start                                     POST  s o o o o . o .
web:workspace_updates                         GET   s o o o o . o .
web:updates                                   GET   s o o o o . . .
web:case                                      GET   s o o o o . . .
web:order_event                               POST  s o x x o . . .
web:case_prescription                         GET   s o o o o . . .
web:case_records                              GET   s o o o o . . .
web:case_setups                               GET   s o o o o . . .
web:case_discussion                           GET   s o o o . . . .
web:case_orders                               GET   s o o o o . . .
web:case_history                              GET   s o o o o . . .
people:profile                                GET   s o o o o o o o
people:profile                                POST  s o o o o o o o
people:security                               GET   s o o o o o o o
people:language                               POST  o o o o o o o o
practices:register                            GET   o o o o o o o o
practices:register                            POST  o o o o o o o o
practices:waiting                             GET   s o . . . . o .
practices:practices                           GET   s o . . . . o .
practices:practice_add                        GET   s o . . . . o .
practices:practice_add                        POST  s o . . . . o .
practices:practice                            GET   s o . . . . . .
practices:practice                            POST  s o . . . . . .
collaboration:terms                           GET   o o o o o o o o
collaboration:consent                         GET   o o o o o o o o
collaboration:again                           GET   o o o o o o o o
collaboration:again                           POST  o o o o o o o o
collaboration:invitation                      GET   . . . . . . . .
collaboration:invitation                      POST  . . . . . . . .
collaboration:register                        GET   . . . . . . . .
collaboration:register                        POST  . . . . . . . .
collaboration:decline                         POST  . . . . . . . .
collaboration:collaborations                  GET   s o o o o o o o
collaboration:leave                           POST  s . . o . . . .
cases:manage_orders                           GET   s o . . . . o .
cases:manage_orders                           POST  s o . . . . o .
cases:export_orders                           GET   s o . . . . o .
cases:orders_share                            POST  s . . . . . . .
cases:case_collaborators                      GET   s o . . . . . .
cases:case_collaborators                      POST  s o . . . . . .
cases:manage_collaborators                    GET   s o . . . . o .
cases:manage_collaborators                    POST  s o . . . . o .
cases:shares_change                           POST  s o . . . . . .
cases:standing_grant                          POST  s o . . . . . .
cases:share_except                            GET   s o . . . . . .
cases:share_except                            POST  s o . . . . . .
cases:shares_undo                             POST  s o . . . . . .
cases:account_collaborators                   GET   s o . . . . o .
cases:account_collaborators                   POST  s o . . . . o .
cases:account_lookup                          POST  s o . . . . o .
cases:account_change_undo                     POST  s . . . . . . .
cases:account_collaborator                    GET   s o . . . . . .
cases:account_collaborator                    POST  s o . . . . . .
cases:account_resend                          POST  s o . . . . . .
cases:account_withdraw                        POST  s o . . . . . .
cases:account_remove                          POST  s o . . . . . .
cases:collaborator_cases                      GET   s . o o . . . .
cases:collaborator_cases                      POST  s . o o . . . .
cases:export_collaborator_cases               GET   s . o o . . . .
records:uploads                               POST  s . . . . . . .
records:upload                                GET   s . . . . . . .
records:send                                  POST  s o o o o . . .
records:place                                 GET   s o o . . . . .
records:move                                  POST  s . . . . . . .
records:file                                  GET   s . . . . . . .
conversation:conversation                     GET   s o o o x . . .
conversation:comment                          POST  s o o o x . . .
conversation:comment_edit                     POST  s . . . x . . .
conversation:comment_delete                   POST  s . . . x . . .
conversation:request_withdraw                 POST  s . . . x . . .
setups:review                                 GET   s o o o o . . .
setups:approve                                POST  s o x x x . . .
setups:decline                                POST  s o o x x . . .
setups:propose                                POST  s o o o x . . .
setups:ready                                  POST  s x o o x . . .
setups:take_back                              POST  s x o o x . . .
setups:push_back                              POST  s o x x x . . .
setups:picture                                GET   s . . . . . . .
setups:original                               GET   s o o x o . . .
setups:model                                  GET   s . . . . . . .
setups:import_thumb                           GET   s . . . . . . .
notify:email_notifications                    GET   s o o o o o o o
notify:email_notifications                    POST  s o o o o o o o
notify:bell                                   GET   s o o o o o o o
notify:bell_list                              GET   s o o o o o o o
notify:bell_count                             GET   s o o o o o o o
notify:bell_read                              POST  s o o o o o o o
notify:bell_open                              GET   s . . . . . . .
notify:mailbox                                GET   o o o o o o o o
notify:letter                                 GET   . . . . . . . .
notify:letter_html                            GET   . . . . . . . .
orders:add                                    GET   s o o . . . o .
orders:add                                    POST  s . . . . . . .
orders:add_retainer                           GET   s o o . . . o .
orders:add_retainer                           POST  s . . . . . . .
orders:step                                   GET   s o o x x . . .
orders:step                                   POST  s o o x x . . .
orders:autosave                               POST  s . . x x . . .
orders:field                                  GET   s . . x x . . .
orders:needed                                 GET   s o o x x . . .
orders:prefer                                 POST  s . . x x . . .
orders:submit                                 POST  s o o x x . . .
orders:discard                                POST  s o o x x . . .
lab:queue                                     GET   s . . . o . . .
lab:take_next                                 POST  s . . . o . . .
lab:take                                      POST  s x o x o . . .
lab:hand_over                                 POST  s x o x o . . .
lab:ask_records                               GET   s x x x o . . .
lab:ask_records                               POST  s x x x o . . .
lab:start                                     POST  s x x x o . . .
lab:ship                                      GET   s x x x o . . .
lab:ship                                      POST  s x x x o . . .
lab:changes                                   GET   s o o o o . . .
lab:answer                                    POST  s x x x . . . .
lab:import_add                                GET   s x o x o . . .
lab:import_add                                POST  s x o x o . . .
lab:import                                    GET   s . . . . . . .
lab:import_current                            GET   s x o x o . . .
lab:import_progress                           GET   s . . . . . . .
lab:import_match                              POST  s . . . . . . .
lab:import_teeth                              POST  s . . . . . . .
lab:import_plan                               POST  s . . . . . . .
lab:import_publish                            GET   s . . . . . . .
lab:import_publish                            POST  s . . . . . . .
lab:import_retry                              POST  s . . . . . . .
lab:import_discard                            GET   s . . . . . . .
lab:import_discard                            POST  s . . . . . . .
account_login                                 GET   o o o o o o o o
account_login                                 POST  o o o o o o o o
account_logout                                GET   o o o o o o o o
account_logout                                POST  o o o o o o o o
account_inactive                              GET   o o o o o o o o
account_signup                                GET   o o o o o o o o
account_signup                                POST  o o o o o o o o
account_reauthenticate                        GET   s o o o o o o o
account_reauthenticate                        POST  s o o o o o o o
account_email                                 GET   s o o o o o o o
account_email                                 POST  s o o o o o o o
account_email_verification_sent               GET   o o o o o o o o
account_change_password                       GET   s o o o o o o o
account_change_password                       POST  s o o o o o o o
account_set_password                          GET   s o o o o o o o
account_set_password                          POST  s o o o o o o o
account_reset_password                        GET   o o o o o o o o
account_reset_password                        POST  o o o o o o o o
account_confirm_login_code                    GET   s o o o o o o o
account_confirm_login_code                    POST  s o o o o o o o
account_confirm_email                         GET   o o o o o o o o
account_confirm_email                         POST  . . . . . . . .
account_reset_password_from_key_done          GET   o o o o o o o o
account_reset_password_from_key               GET   o o o o o o o o
account_reset_password_from_key               POST  o o o o o o o o
account_reset_password_done                   GET   o o o o o o o o
mfa_index                                     GET   s o o o o o o o
mfa_authenticate                              GET   s o o o o o o o
mfa_authenticate                              POST  s o o o o o o o
mfa_reauthenticate                            GET   s o o o o o o o
mfa_reauthenticate                            POST  s o o o o o o o
mfa_activate_totp                             GET   s o o o o o o o
mfa_activate_totp                             POST  s o o o o o o o
mfa_deactivate_totp                           GET   s . . . . . . .
mfa_deactivate_totp                           POST  s . . . . . . .
mfa_view_recovery_codes                       GET   s . . . . . . .
mfa_generate_recovery_codes                   GET   s o o o o o o o
mfa_generate_recovery_codes                   POST  s o o o o o o o
mfa_download_recovery_codes                   GET   s . . . . . . .
mfa_download_recovery_codes                   POST  s . . . . . . .
mfa_list_webauthn                             GET   s o o o o o o o
mfa_add_webauthn                              GET   s o o o o o o o
mfa_add_webauthn                              POST  s o o o o o o o
mfa_reauthenticate_webauthn                   GET   s o o o o o o o
mfa_reauthenticate_webauthn                   POST  s o o o o o o o
mfa_remove_webauthn                           GET   s o o o o o o o
mfa_remove_webauthn                           POST  s o o o o o o o
mfa_edit_webauthn                             GET   s o o o o o o o
mfa_edit_webauthn                             POST  s o o o o o o o
mfa_login_webauthn                            GET   s o o o o o o o
mfa_login_webauthn                            POST  s o o o o o o o
usersessions_list                             GET   s o o o o o o o
usersessions_list                             POST  s o o o o o o o
"""
# Addresses that stand only with some settings.
SOMETIMES = {"notify:mailbox", "notify:letter", "notify:letter_html"}


@dataclass(frozen=True)
class Address:
    """A named address and the values that its pattern, prefixes included, asks for."""

    name: str
    wants: frozenset[str]

    @property
    def in_workspace(self) -> bool:
        return "workspace" in self.wants


def addresses(resolver: URLResolver, space: str = "", above: frozenset[str] = frozenset()) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        wants = above | set(pattern.pattern.converters) | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space, wants)
        else:
            yield Address(f"{space}{pattern.name}", wants - set(pattern.default_args))


ALL = {address.name: address for address in addresses(get_resolver())}
TABLE = [(line.split()[0], line.split()[1], line.split()[2:]) for line in ROWS.strip().splitlines()]


@pytest.fixture
def there(cast) -> dict[str, Any]:
    """What addresses name: the cast's case, its order, version 1 awaiting approval, a collaborator, an act of sharing."""
    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    sent = files().store(BytesIO(b"stages"))
    apps.get_model("setups", "SetupVersion").objects.create(
        case=case, order_id=case.current_order_id or 0, number=1, original_key=sent.key, original_name="x.zip", original_size=sent.size,
        original_sha256=sent.sha256, content_hash="x", made_by=cast.technician.user, published_at=clock.now(),
    )  # fmt: skip
    batch = services.cases_share(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.all(), by=cast.owner.actor)
    cast.administrator = type(cast.owner)(UserFactory(is_staff=True, is_superuser=True), cast.stranger.actor, Client())
    cast.administrator.client.force_login(cast.administrator.user)
    make_case(Practice.objects.get(provider=cast.other_provider.user.provider))
    return {
        "number": cast.case.number,
        "order_id": cast.case.current_order_id,
        "collaboration_id": cast.with_no_grant.collaboration.pk,
        "batch_id": batch.pk,
        "practice_id": cast.practice.pk,
        "event": "hold",
        "step": 1,
        "version": 1,
        "slot": "profile",
        "what": "thumb",
        "token": "no-such-token",
        "name": "nothing",
        "upload_id": "00000000-0000-4000-8000-000000000000",
        "key": "nothing",
        "uidb36": "1",
    }


def path_of(name: str, there: dict[str, Any], workspace: str) -> str:
    known = {**there, "workspace": workspace}
    return reverse(name, kwargs={key: known.get(key, 77_777) for key in ALL[name].wants})


def letter(client: Client, method: str, path: str) -> str:
    """What one person gets; nothing of it stays, neither rows nor cookies nor counted attempts."""
    cache.clear()
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        response = client.get(path) if method == "GET" else client.post(path, {})
        if response.streaming:
            # Read to its end: the client then closes it without closing the connection that this transaction is on.
            b"".join(response)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    assert response.status_code != 500, path
    if response.status_code in {302, 303} and response["Location"].startswith(reverse("account_login")):
        return "s"
    return {404: ".", 403: "x", 401: "s"}.get(response.status_code, "o")


def line_of(cast, there: dict[str, Any], name: str, method: str) -> str:
    found = [letter(cast.client_of(who), method, path_of(name, there, WORKSPACES.get(who, "collaborator"))) for who in PEOPLE]
    return f"{name:<45} {method:<5} {' '.join(found)}"


def test_every_address_has_a_row_and_every_row_an_address(cast, there):
    named = {name for name in ALL if not name.startswith("admin:")}
    rows = {name for name, _method, _letters in TABLE}
    missing = [line_of(cast, there, name, method) for name in sorted(named - rows) for method in ("GET", "POST")]

    assert not missing, "Judge each letter, then add the line to ROWS (GET or POST, whichever the address takes):\n" + "\n".join(missing)
    assert rows - named - SOMETIMES == set(), "these addresses are gone"


@pytest.mark.slow
def test_who_is_let_in(cast, there):
    wrong, clients = [], {who: cast.client_of(who) for who in PEOPLE}
    for name, method, letters in TABLE:
        if name in ALL:
            found = [letter(clients[who], method, path_of(name, there, WORKSPACES.get(who, "collaborator"))) for who in PEOPLE]
            if found != letters:
                wrong.append(f"{name} {method} {' '.join(found)}   instead of {' '.join(letters)}")

    assert not wrong, "\n".join(wrong)


def test_nobody_is_let_into_a_workspace_that_is_not_theirs(cast, there):
    foreign = (("owner", "lab"), ("owner", "collaborator"), ("with_every_grant", "provider"), ("technician", "provider"))
    for name, method, _letters in TABLE:
        for who, workspace in foreign if name in ALL and ALL[name].in_workspace else ():
            assert letter(cast.client_of(who), method, path_of(name, there, workspace)) == ".", (name, method, who)


def test_the_administration_is_for_administrators(cast, there):
    pages = {name for name, address in ALL.items() if name.startswith("admin:") and not address.wants} - {"admin:login", "admin:logout"}
    for name in pages:
        for who in PEOPLE[:-1]:
            response = cast.client_of(who).get(reverse(name))
            assert response.status_code == 404 or "/login/" in response["Location"], (name, who)

"""Every address that writes × every name of a field: nothing that no form holds is written. Every answer × caches: nobody else gets it."""

from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction

from midline.cases.tests.test_every_address import HERE, PEOPLE, WORKSPACES, path_of
from midline.web.tests.test_nothing_beside_the_form import NAMES

# What no form of the portal writes on a row that is there, whoever sends it.
NEVER_WRITTEN = {
    "people.User": ("email", "password", "is_staff", "is_superuser", "is_technician", "is_active"),
    "practices.Provider": ("person_id", "state", "license_number"),
    "practices.Practice": ("provider_id",),
    "collaboration.Collaboration": ("provider_id", "person_id", "email", "created_at", "accepted_at"),
    "collaboration.Invitation": ("collaboration_id", "email", "person_id", "token_digest"),
    "collaboration.ConsentRecord": ("provider_id", "person_id", "text_id", "at", "address"),
    "cases.Patient": ("provider_id",),
    "cases.Case": ("provider_id", "number", "created_by_id", "submitted_at", "approved_version"),
    "cases.Order": ("case_id", "kind", "created_by_id", "submitted_at"),
    "cases.Share": ("case_id", "collaboration_id", "created_by_id", "created_at"),
    "records.Record": ("case_id", "order_id", "key", "sha256", "added_by_id", "added_at"),
    "records.Upload": ("case_id", "order_id", "person_id", "workspace", "size", "purpose"),
    "conversation.Comment": ("case_id", "author_id", "workspace"),
    "conversation.ChangeRequest": ("case_id", "author_id", "version"),
    "setups.SetupVersion": ("case_id", "order_id", "number", "made_by_id", "original_sha256"),
    "setups.SetupImport": ("case_id", "order_id", "number", "added_by_id", "sha256"),
    "notify.Delivery": ("person_id", "address", "kind", "case_id"),
}
# What a provider settles for a collaborator, and no collaborator for themselves.
SETTLED = ("every_case", "evaluates", "hides_identity", "add_orders", "decline_setups", "edit_records", "download", "publish_setups",
           "ends_on", "ends_at", "relation", "revision")  # fmt: skip


def columns(model: Any, names: tuple[str, ...]) -> dict[int, tuple[Any, ...]]:
    there = {field.attname for field in model._meta.concrete_fields}
    kept = [name for name in names if name in there]
    return {row[0]: row[1:] for row in model._default_manager.values_list("pk", *kept)}


def standing(who: str) -> dict[str, dict[int, tuple[Any, ...]]]:
    found = {label: columns(apps.get_model(label), names) for label, names in NEVER_WRITTEN.items()}
    if who != "owner":
        found["settled"] = columns(apps.get_model("collaboration.Collaboration"), SETTLED)
    return found


def test_the_columns_are_columns():
    for label, names in NEVER_WRITTEN.items():
        known = {field.attname for field in apps.get_model(label)._meta.concrete_fields}
        assert set(names) <= known, (label, set(names) - known)


@pytest.mark.slow
@pytest.mark.parametrize("who", ["owner", "with_every_grant"])
@pytest.mark.once
def test_no_write_takes_more_than_its_form_holds(there, who):
    before = standing(who)
    changed = []
    for row in (row for row in HERE if row.people == PEOPLE and row.method == "POST"):
        sent = {name: value() if callable(value) else value for name, value in there.sent.get(f"{row.name} POST", {}).items()}
        data = NAMES | sent.get("data", {})
        with transaction.atomic():
            there.people[who].client.post(path_of(row, there, WORKSPACES.get(who, "collaborator")), data, headers=sent.get("headers"))
            after = standing(who)
            transaction.set_rollback(True)
        cache.clear()
        for label, rows in before.items():
            # A row that is gone (a draft that was discarded) was not written.
            changed += [(row.name, label, pk) for pk, values in rows.items() if after[label].get(pk, values) != values]

    assert changed == []


@pytest.mark.slow
@pytest.mark.parametrize("who", ["owner", "with_every_grant"])
@pytest.mark.once
def test_no_cache_keeps_what_one_person_was_shown(there, who):
    """Pages and fragments are never stored; files only by the browser that got them, and asked for again at each use."""
    wrong = []
    for row in (row for row in HERE if row.method == "GET"):
        sent = there.sent.get(f"{row.name} GET", {})
        response = there.people[who].client.get(path_of(row, there, WORKSPACES.get(who, "collaborator")), **sent)
        is_file = response.streaming and "text/csv" not in response["Content-Type"]
        if response.streaming:
            b"".join(response)
        kept = response.get("Cache-Control", "")
        fine = "no-store" in kept
        if is_file:
            asks = response.has_header("ETag") and "Cookie" in response["Vary"] and "sandbox" in response["Content-Security-Policy"]
            fine = kept == "private, no-cache" and asks
        if not fine or response["X-Content-Type-Options"] != "nosniff":
            wrong.append((row.name, response.status_code, kept))

    assert wrong == []

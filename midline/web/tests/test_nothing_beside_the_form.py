"""Whatever names of fields are sent beside those of a form: nothing outside the form changes."""

from uuid import uuid4

from django.apps import apps
from django.db.models import Model
from django.urls import reverse

from midline.cases.models import Case
from midline.cases.tests.factories import make_case, move
from midline.cases.tests.test_account_collaborators.test_changing import change
from midline.collaboration.models import Collaboration
from midline.people.models import User
from midline.people.tests.factories import PASSWORD
from midline.setups.models import SetupVersion
from midline.setups.tests.factories import make_version

ROOMS = {"people", "practices", "collaboration", "cases", "setups", "conversation", "records"}
# Every field of every model, each with a value that would be a gain to somebody.
NAMES = {
    spelling: "1"
    for model in apps.get_models()
    if model._meta.app_label in ROOMS
    for field in model._meta.concrete_fields
    for spelling in (field.name, field.attname)
}


def extra(*own: str) -> dict[str, str]:
    """All of them but those that the form itself has."""
    return {name: value for name, value in NAMES.items() if name not in own}


def kept(row: Model, *but: str) -> dict[str, object]:
    """Every field of a row as it stands in the database, editable or not, except `but`."""
    fresh = type(row)._default_manager.get(pk=row.pk)
    values = {field.attname: getattr(fresh, field.attname) for field in fresh._meta.concrete_fields}
    return {name: value for name, value in values.items() if name not in but}


def test_the_extra_names_are_those_that_matter():
    assert {"is_staff", "is_superuser", "is_technician", "is_active", "provider_id", "state", "person_id", "planner_id", "status"} <= set(
        NAMES
    )


def test_a_profile_makes_nobody_a_technician(cast):
    own = ("first_name", "last_name", "language", "numbering", "theme", "findable", "single_keys")
    user = cast.with_no_grant.user
    before = kept(user, *own)
    mine = {"first_name": "Jo", "last_name": "W", "language": "de", "numbering": "fdi", "theme": "dark", "findable": "nobody"}

    assert cast.with_no_grant.client.post("/account/", extra(*own) | mine).status_code == 302

    assert kept(user, *own) == before
    assert User.objects.get(pk=user.pk).first_name == "Jo"


FORM = ("relation", "scope", "ends_on", "shows_identity", "revision", "evaluates", "hides_identity", "every_case",
        "add_orders", "decline_setups", "edit_records", "download", "publish_setups")  # fmt: skip


def test_changing_a_collaborator_changes_what_the_form_holds_alone(cast):
    row = cast.with_no_grant.collaboration
    written = (*FORM, "ends_at")
    before = kept(row, *written)

    answer = change(cast.owner.client, row, **extra(*FORM), download="on")

    assert answer.status_code == 302
    assert kept(row, *written) == before
    assert Collaboration.objects.get(pk=row.pk).granted == {"download"}


def test_a_draft_saves_the_fields_of_its_step_alone(cast):
    case = make_case(cast.practice, first_name="Bo", last_name="Li")
    order = case.current_order
    assert order is not None
    address = reverse("orders:step", args=["provider", case.number, order.pk, 1])
    names = ("first_name", "last_name", "sex", "born_on", "practice", "practice_id", "arches")
    own = ("prescription", "step", "saved_at", "touched_at", "revision", "field_revisions", "status_since")
    before, case_before = kept(order, *own), kept(case, "last_activity_at", "type_detail", "status_detail", "practice_id")

    for path in (address, reverse("orders:autosave", args=["provider", case.number, order.pk, 1])):
        cast.owner.client.post(path, extra(*names) | {"first_name": "Bo", "last_name": "Lind", "changed": "last_name"})

    assert kept(order, *own) == before
    assert kept(case, "last_activity_at", "type_detail", "status_detail", "practice_id") == case_before


def test_approving_freezes_the_version_and_writes_nothing_else_of_it(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user)
    move(case, "publish", technician=cast.technician.user)
    before = kept(version)
    names = ("key", "seen_hash", "password", "words", "body")

    data = extra(*names) | {"key": uuid4(), "seen_hash": version.content_hash, "password": PASSWORD}
    answer = cast.owner.client.post(reverse("setups:approve", args=["provider", case.number, 1]), data)

    assert answer.status_code == 302
    assert kept(version) == before
    fresh = Case.objects.get(pk=case.pk)
    assert (fresh.status, fresh.approved_version, fresh.provider_id) == ("approved", 1, cast.practice.provider_id)
    assert SetupVersion.objects.count() == 1

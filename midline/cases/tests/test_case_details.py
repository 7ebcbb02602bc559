"""The provider corrects who the patient is, or moves the case to another practice."""

import re
from html import unescape

import pytest
from django.urls import reverse

from midline.activity.models import Event
from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import may
from midline.cases.services import Details
from midline.cases.tests.factories import make_case
from midline.practices.tests.factories import PracticeFactory


def address(cast) -> str:
    return reverse("cases:case_details", args=[cast.case.number])


def answers(cast, **changed) -> dict[str, str]:
    """What the page shows, as a browser would send it back, but for what is `changed`."""
    page = cast.owner.client.get(address(cast)).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    now = Details.of(Case.objects.get(pk=cast.case.pk))
    born = now.birth_on.isoformat() if now.birth_on else "1991-04-17"
    shown = {"first_name": now.first_name, "last_name": now.last_name, "birth_on": born, "sex": now.sex, "practice": str(now.practice_id)}
    return shown | {"seen": unescape(seen[1])} | changed


def test_a_correction_shows_in_lists_and_searches_and_names_no_value_in_the_history(cast):
    response = cast.owner.client.post(address(cast), answers(cast, last_name="Wiśniewska"))

    assert response["Location"] == reverse("web:case", args=["provider", cast.case.number])
    case = Case.objects.get(pk=cast.case.pk)
    assert case.patient is not None
    assert case.patient.last_name == "Wiśniewska"
    assert "wisniewska" in case.patient_norm
    assert "Wiśniewska" in cast.owner.client.get("/provider/orders/").content.decode()
    event = Event.objects.get(kind="case.corrected")
    assert "last_name" in event.data["changed"]
    assert "Wiśniewska" not in str(event.data)
    history = cast.owner.client.get(reverse("web:case_history", args=["provider", cast.case.number])).content.decode()
    assert "corrected the patient’s details" in history


def test_a_patient_with_two_cases_is_corrected_on_both(cast):
    other = make_case(cast.practice)
    Case.objects.filter(pk=other.pk).update(patient=cast.case.patient)
    assert "This patient has 2 cases" in cast.owner.client.get(address(cast)).content.decode()

    cast.owner.client.post(address(cast), answers(cast, first_name="Sofia"))

    assert all(norm.startswith("sofia") for norm in Case.objects.values_list("patient_norm", flat=True))


def test_another_practice_changes_nobodys_access(cast):
    second = PracticeFactory(provider=cast.practice.provider)

    cast.owner.client.post(address(cast), answers(cast, practice=str(second.pk)))

    case = Case.objects.get(pk=cast.case.pk)
    assert case.practice_id == second.pk
    assert may(cast.with_no_grant.actor, Action.VIEW, case)
    assert Event.objects.get(kind="case.corrected").data["changed"][-1] == "practice_id"


def test_the_practice_of_another_provider_is_no_choice(cast):
    foreign = PracticeFactory()

    assert cast.owner.client.post(address(cast), answers(cast, practice=str(foreign.pk))).status_code == 422
    assert Case.objects.get(pk=cast.case.pk).practice_id == cast.practice.pk


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("last_name", " "), ("birth_on", "1891-01-01"), ("birth_on", "2999-01-01"), ("seen", "{}"), ("seen", "")],
)
def test_what_cannot_be_is_refused_and_named_and_nothing_is_written(cast, field, value):
    before = Details.of(Case.objects.get(pk=cast.case.pk))

    response = cast.owner.client.post(address(cast), answers(cast, first_name="Sofia") | {field: value})

    assert response.status_code == 422
    assert {"seen": "__all__"}.get(field, field) in response.context["form"].errors
    assert Details.of(Case.objects.get(pk=cast.case.pk)) == before


def test_a_value_that_somebody_wrote_meanwhile_is_shown_and_kept_until_it_is_saved_once_more(cast):
    typed = answers(cast, last_name="Nowak")
    cast.owner.client.post(address(cast), answers(cast, last_name="Kowalska"))

    clash = cast.owner.client.post(address(cast), typed)

    assert clash.status_code == 409
    page = clash.content.decode()
    assert "now “Kowalska”" in page
    assert 'value="Nowak"' in page
    assert Details.of(Case.objects.get(pk=cast.case.pk)).last_name == "Kowalska"
    again = cast.owner.client.post(address(cast), typed | {"seen": answers(cast)["seen"]})
    assert again.status_code == 302
    assert Details.of(Case.objects.get(pk=cast.case.pk)).last_name == "Nowak"


def test_two_corrections_of_different_fields_both_stand(cast):
    first, second = answers(cast, first_name="Sofia"), answers(cast, last_name="Nowak")

    assert cast.owner.client.post(address(cast), first).status_code == 302
    assert cast.owner.client.post(address(cast), second).status_code == 302

    details = Details.of(Case.objects.get(pk=cast.case.pk))
    assert (details.first_name, details.last_name) == ("Sofia", "Nowak")


def test_nothing_changed_is_no_event(cast):
    services.case_details_save(case=cast.case, by=cast.owner.actor, details=Details.of(cast.case), seen=Details.of(cast.case))

    assert not Event.objects.filter(kind="case.corrected").exists()


def test_only_the_provider_is_offered_the_correction(cast):
    link = f'href="{address(cast)}"'
    assert link in cast.owner.client.get(reverse("web:case", args=["provider", cast.case.number])).content.decode()
    assert link not in cast.with_every_grant.client.get(reverse("web:case", args=["collaborator", cast.case.number])).content.decode()
    assert link not in cast.technician.client.get(reverse("web:case", args=["lab", cast.case.number])).content.decode()

"""A clinician's name stands in every case of theirs, to be sorted and searched by: it follows the person."""

from typing import Any

from django.urls import reverse

from midline.cases.models import Case
from midline.cases.queries import Asked, listed, reach_of
from midline.people.services import profile_save
from midline.people.tests.factories import UserFactory

KEPT: dict[str, Any] = {"language": "en", "numbering": "fdi", "theme": "system", "findable": "exact", "single_keys": True}


def found(reader, term: str) -> set[int]:
    return set(listed(Asked(term=term), reach_of(reader)).values_list("pk", flat=True))


def test_a_clinician_who_changes_the_name_is_found_by_the_new_one_alone(cast):
    profile_save(by=cast.owner.user, first_name="Marén", last_name="Łukowska", **KEPT)

    assert Case.objects.get(pk=cast.case.pk).clinician_norm == "maren lukowska"
    assert found(cast.with_no_grant.actor, "lukow") == {cast.case.pk}
    assert found(cast.with_no_grant.actor, "ostby") == set()


def test_an_administrator_who_corrects_a_name_corrects_it_in_lists_too(cast):
    cast.owner.client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = reverse("admin:people_user_change", args=[cast.owner.user.pk])

    answer = cast.owner.client.post(page, {"first_name": "Maren", "last_name": "Bjerke", "is_active": "on"})

    assert answer.status_code == 302
    assert Case.objects.get(pk=cast.case.pk).clinician_norm == "maren bjerke"


def test_a_person_without_cases_changes_the_name_and_nothing_else_happens(cast):
    profile_save(by=cast.with_no_grant.user, first_name="Maren", last_name="Østby", **KEPT)

    assert Case.objects.get(pk=cast.case.pk).clinician_norm == "maren ostby"

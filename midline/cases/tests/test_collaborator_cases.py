"""The Collaborator Dashboard over HTTP."""

import csv
import io
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.activity.models import Access
from midline.cases import services
from midline.cases.models import Case, CaseUnread, Patient, ProviderCount
from midline.cases.policies import cases_for
from midline.cases.tests.factories import PATHS, case_in, make_case, provider_actor, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.text import norm
from midline.people.models import User
from midline.practices.models import Practice, Provider
from midline.practices.tests.factories import PracticeFactory

CASES = reverse("cases:collaborator_cases")
EXPORT = reverse("cases:export_collaborator_cases")
PROVIDERS = reverse("cases:collaborator_provider")
PRACTICES = reverse("cases:collaborator_practice")


@pytest.mark.parametrize("who", ["owner", "technician", "stranger", "other_provider"])
@pytest.mark.parametrize("address", [CASES, EXPORT, PROVIDERS, PRACTICES])
def test_nobody_but_a_collaborator_has_this_page(cast, who, address):
    assert cast.client_of(who).get(address).status_code == 404


def test_signed_out_people_sign_in_first(cast):
    assert cast.client_of("signed_out").get(CASES).status_code == 302


def test_a_collaborator_sees_what_is_shared_and_nothing_else(cast):
    other = make_case(cast.practice, first_name="Other")
    html = cast.with_no_grant.client.get(CASES).content.decode()

    assert cast.case.number in html
    assert "Maren Østby" in html
    assert other.number not in html


def test_a_former_collaborator_sees_an_empty_list(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(state="ended", ended="revoked")
    html = cast.with_no_grant.client.get(CASES).content.decode()

    assert cast.case.number not in html
    assert "No case is shared with you" in html


def test_to_evaluate_is_the_first_tab_and_empties_when_it_is_done(cast):
    case = case_in(cast.practice, "awaiting_approval", technician=cast.technician.user, name="Bo Li")
    share(case, cast.with_no_grant.collaboration)
    response = cast.with_no_grant.client.get(CASES, {"group": "evaluate"})
    assert [(tab["label"], tab["count"]) for tab in response.context["list"].tabs][:2] == [("To evaluate", 1), ("All", 2)]
    assert [row.number for row in response.context["list"].rows] == [case.number]
    assert "Your turn" in response.content.decode()

    services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)

    response = cast.with_no_grant.client.get(CASES, {"group": "evaluate"})
    assert response.context["list"].tabs[0]["count"] == 0
    assert "Nothing waits for you" in response.content.decode()


def test_who_does_not_evaluate_has_nothing_to_evaluate(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(evaluates=False)
    share(case_in(cast.practice, "awaiting_approval", technician=cast.technician.user), cast.with_no_grant.collaboration)

    assert cast.with_no_grant.client.get(CASES).context["list"].tab_counts["evaluate"] == 0


def test_the_status_column_is_the_own_state(cast):
    case = case_in(cast.practice, "awaiting_approval", technician=cast.technician.user)
    for person in (cast.with_no_grant, cast.with_every_grant):
        share(case, person.collaboration)
    services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)

    def status(person) -> str:
        rows = person.client.get(CASES).context["list"].rows
        return next(str(row.collaborator_status) for row in rows if row.number == case.number)

    assert (status(cast.with_no_grant), status(cast.with_every_grant)) == ("ready", "evaluating")


def test_providers_are_offered_with_their_counts_and_one_can_be_chosen(cast):
    other = PracticeFactory(name="Vogt Kieferorthopädie", provider__person__first_name="Anselm", provider__person__last_name="Vogt")
    CollaborationFactory(provider=other.provider, person=cast.with_no_grant.user, every_case=True)
    theirs = make_case(other)
    make_case(other)
    client = cast.with_no_grant.client

    assert "All providers (2)" in client.get(CASES).content.decode()
    offered = client.get(PROVIDERS, {"status": "draft"}).context["providers"]
    assert (offered.every.count, offered.every.chosen, offered.more) == (3, True, 0)
    assert [(one.label, one.count, one.about) for one in offered.rows] == [
        ("Anselm Vogt", 2, "Vogt Kieferorthopädie"),
        ("Maren Østby", 1, cast.practice.name),
    ]
    assert offered.rows[0].url == f"?status=draft&provider={other.provider_id}", "the rest of the view stays"

    response = client.get(CASES, {"provider": other.provider_id})
    assert theirs.number in response.content.decode()
    assert cast.case.number not in response.content.decode()
    assert "Anselm Vogt (2)" in response.content.decode()
    assert response.context["list"].tab_counts[""] == 2
    assert [one.chosen for one in client.get(PROVIDERS, {"provider": other.provider_id}).context["providers"].rows] == [True, False]


def test_a_provider_is_found_by_a_part_of_the_name_which_never_stands_in_the_address(cast):
    for name in ("Anselm Krüger-Vogt", "Léa Fontaine"):
        first, last = name.split(" ", 1)
        practice = PracticeFactory(provider__person__first_name=first, provider__person__last_name=last)
        CollaborationFactory(provider=practice.provider, person=cast.with_no_grant.user)
    fragment = {"HX-Request": "true"}

    def found(words: str) -> str:
        return str(cast.with_no_grant.client.post(PROVIDERS, {"words": words}, headers=fragment).content.decode())

    assert "Anselm Krüger-Vogt" in found("kruger")
    assert "Léa Fontaine" not in found("kruger")
    assert "Léa Fontaine" in found("FON lea")
    assert "No provider who shares with you has “nobody” in the name." in found("nobody")
    assert "All providers" in found("")


def test_the_counts_are_those_of_a_plain_recount(cast):
    """By standing grant, by single share, one taken back, one that ended, one that only withholds."""
    chance, user = random.Random(3), cast.with_no_grant.user
    for _provider in range(4):
        practice = PracticeFactory()
        row = CollaborationFactory(provider=practice.provider, person=user, every_case=chance.random() < 0.4)
        for _case in range(4):
            case = case_in(practice, chance.choice(list(PATHS)), technician=cast.technician.user)
            act = chance.choice(["share", "withhold", "end", "none"])
            if act in {"share", "end"}:
                share(case, row)
            if act == "end":
                services.cases_unshare(collaboration=row, cases=Case.objects.filter(pk=case.pk), by=provider_actor(practice))
            if act == "withhold" and row.every_case:
                share(case, row, gives=False, withholds_download=True)
    over = CollaborationFactory(
        provider=PracticeFactory().provider, person=user, every_case=True, ends_at=clock.now() - timedelta(minutes=1)
    )
    offered = cast.with_no_grant.client.get(PROVIDERS).context["providers"]

    plain = Counter(cases_for(cast.with_no_grant.actor).values_list("provider_id", flat=True))
    assert {QueryDict(one.url[1:])["provider"]: one.count for one in offered.rows} == {
        str(pk): plain[pk] for pk in Collaboration.objects.live().filter(person=user).values_list("provider_id", flat=True)
    }
    assert offered.every.count == sum(plain.values())
    assert str(over.provider_id) not in {QueryDict(one.url[1:])["provider"] for one in offered.rows}


@pytest.fixture
def of_2000_providers(cast):
    """The collaborator of 2,000 providers with a case each, and of the two from whom the plain budget is measured."""
    practices = crowd(2_000, cast.with_no_grant.user)
    assert len(practices) == 2_000
    return cast.with_no_grant


def crowd(n: int, person, begin: int = 0) -> list[Practice]:
    """n providers with a practice and a submitted case each, who share every case with `person`: written set-wise, named from `begin`."""
    named = range(begin, begin + n)
    users = User.objects.bulk_create(User(email=f"p{i}@many.example", first_name=f"Name{i:04}", last_name="Many") for i in named)
    providers = Provider.objects.bulk_create(Provider(person=user, state=Provider.State.CONFIRMED) for user in users)
    practices = Practice.objects.bulk_create(Practice(provider=p, name=f"Practice {i:04}") for i, p in enumerate(providers))
    about = {"person": person, "email": person.email, "first_name": "A", "last_name": "B", "state": "active", "every_case": True}
    Collaboration.objects.bulk_create(Collaboration(provider=p, relation="mentor", accepted_at=clock.now(), **about) for p in providers)
    # The database gives the ids; a number far from those of other cases keeps clear of them.
    numbered = zip(named, providers, practices, users, strict=True)
    Case.objects.bulk_create(
        Case(
            number=Case.number_for(2_000_000 + n), provider=p, practice=w, case_type="aligner", status="submitted",
            submitted_at=clock.now(), created_by=u, clinician_norm=norm(u.name),
        )
        for n, p, w, u in numbered
    )  # fmt: skip
    for provider in providers:
        ProviderCount.objects.update_or_create(pk=provider.pk, defaults={"submitted": 1})
    if connection.vendor == "postgresql":  # its planner knows nothing of rows that the test's transaction wrote, and takes minutes
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return practices


@pytest.mark.slow
def test_with_2000_providers_the_page_is_as_small_and_asks_as_often_as_with_two(cast, of_2000_providers):
    client = of_2000_providers.client
    few = CollaborationFactory(provider=cast.practice.provider, person=cast.stranger.user, every_case=True)
    CollaborationFactory(provider=cast.other_provider.user.provider, person=few.person, every_case=True)

    def asked(reader, address: str, **query) -> tuple[int, str]:
        with CaptureQueriesContext(connection) as captured:
            page = reader.get(address, query).content.decode()
        return len(captured), page

    for address, query in ((CASES, {}), (CASES, {"group": "evaluate"}), (PROVIDERS, {}), (PRACTICES, {})):
        two, _small = asked(cast.stranger.client, address, **query)
        many, page = asked(client, address, **query)
        assert many <= two + 1, (address, query, "one more names the practices chosen among many")
        assert len(page) < 130_000, (address, query)
    page = asked(client, CASES)[1]
    assert page.count("Practice 19") < 60
    assert "All providers (2,001)" in page
    offered = client.get(PROVIDERS).context["providers"]
    assert (len(offered.rows), offered.more, offered.searched) == (50, 1_951, True)
    answer = client.post(PROVIDERS, {"words": "name1999"}, headers={"HX-Request": "true"}).content.decode()
    assert answer.count("Many") == 1
    assert "Practice 1999" in answer

    one = QueryDict(client.post(PROVIDERS, {"words": "name1999"}).context["providers"].rows[0].url[1:])["provider"]
    chosen = client.get(CASES, {"provider": one})
    assert len(chosen.context["list"].rows) == 1
    opened = client.get(reverse("cases:collaborator_filters"), {"provider": one, "only": "practice"}).content.decode()
    assert "Practice 1999" in opened, "the practices of one provider are shown at once"
    assert client.get(reverse("cases:collaborator_filters"), {"only": "practice"}).url.startswith(PRACTICES)


@pytest.mark.slow
def test_practices_among_many_are_found_and_ticks_stay(cast, of_2000_providers):
    client = of_2000_providers.client
    kept = Practice.objects.get(name="Practice 0042")
    answer = client.post(PRACTICES, {"words": "1777", "practice": kept.pk}, headers={"HX-Request": "true"})

    rows = answer.context["practices"].rows
    assert [(row.label, row.chosen) for row in rows] == [("Practice 0042", True), ("Practice 1777", False)]
    found = client.get(CASES, {"practice": [row.value for row in rows]}).context["list"]
    assert sorted(row.practice for row in found.rows) == ["Practice 0042", "Practice 1777"]
    assert [chip.value for chip in found.filters if chip.name == "practice"] == ["any of 2"]


@pytest.mark.parametrize("address", [PROVIDERS, PRACTICES])
def test_the_choice_is_a_page_of_its_own_without_scripts(cast, address):
    page = cast.with_no_grant.client.post(address, {"words": "Nothing like this"})

    assert page.status_code == 200
    assert "Nothing like this" in page.content.decode()
    assert "<html" in page.content.decode()


def test_a_provider_who_does_not_share_cannot_be_chosen(cast):
    response = cast.with_no_grant.client.get(CASES, {"provider": cast.other_provider.user.provider.pk})

    assert response.context["list"].asked.provider is None


@pytest.mark.parametrize(("who", "offered"), [("with_every_grant", True), ("with_no_grant", False)])
def test_add_order_stands_there_only_for_who_may(cast, who, offered):
    response = cast.client_of(who).get(CASES)

    assert response.context["portal"].may_add_orders is offered
    assert (reverse("orders:add", args=["collaborator"]) in response.content.decode()) is offered


def test_hidden_identity_shows_age_and_sex_and_no_name_anywhere(cast):
    Patient.objects.filter(pk=cast.case.patient_id).update(birth_on="2011-03-04", sex="female")
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(hides_identity=True)
    html = cast.with_no_grant.client.get(CASES).content.decode()
    lines = b"".join(cast.with_no_grant.client.get(EXPORT).streaming_content).decode()

    for text in (html, lines):
        assert "Dąbrowska" not in text
        assert "dabrowska" not in text
        assert "Zofia" not in text
        assert "2011-03-04" not in text
        assert "Identity hidden" in text
        assert "years, female" in text
    assert "Dąbrowska" in cast.with_every_grant.client.get(CASES).content.decode()


def test_identity_is_hidden_by_one_provider_only(cast):
    hiding = PracticeFactory()
    CollaborationFactory(provider=hiding.provider, person=cast.with_no_grant.user, every_case=True, hides_identity=True)
    make_case(hiding, first_name="Secret", last_name="Person")
    html = cast.with_no_grant.client.get(CASES).content.decode()

    assert "Zofia Dąbrowska" in html
    assert "Secret" not in html


def test_unread_comments_show_as_a_bubble_and_filter(cast):
    share(make_case(cast.practice), cast.with_no_grant.collaboration)
    CaseUnread.objects.create(person=cast.with_no_grant.user, case=cast.case, count=3)
    response = cast.with_no_grant.client.get(CASES, {"unread": "1"})

    assert [(row.number, row.unread) for row in response.context["list"].rows] == [(cast.case.number, 3)]
    assert "3 unread comments" in response.content.decode()


def test_the_export_holds_what_is_shared(cast):
    make_case(cast.practice, first_name="Other")
    text = b"".join(cast.with_no_grant.client.get(EXPORT).streaming_content).decode().removeprefix("\ufeff")
    _head, *rows = list(csv.reader(io.StringIO(text)))

    assert [row[0] for row in rows] == [cast.case.number]


def test_what_the_page_shows_stands_in_the_access_log(cast):
    cast.with_no_grant.client.get(CASES)

    access = Access.objects.get()
    assert (access.view, access.case_ids, access.workspace) == ("collaborator_cases", [cast.case.pk], "collaborator")

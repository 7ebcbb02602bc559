"""Who hears of what happens to a setup: live updates, bell and e-mails of replies, mentions, answers and newer versions obey the policy."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from midline.activity.models import Event
from midline.cases.models import Case
from midline.cases.services import case_shares_set
from midline.conversation.models import ChangeItem, Comment
from midline.conversation.services import comment_add, comment_delete, item_answer
from midline.core import clock
from midline.core.ids import new_key
from midline.jobs import services as jobs
from midline.notify.models import Delivery
from midline.web.tests.below_a_case import Held, held_case

SECRET = "Secret words of ours"


@pytest.fixture
def held(cast) -> Held:
    given = held_case(cast)
    jobs.run_all()
    mail.outbox.clear()
    return given


def say(cast, person, **more) -> Comment:
    return comment_add(case=Case.objects.get(pk=cast.case.pk), by=person.actor, body=SECRET, key=new_key(), **more)


def news(person, number: str, after: int) -> list[str]:
    response = person.client.get(reverse("web:updates", args=[person.actor.workspace, number]), {"after": after})
    return response.json()["changed"] if response.status_code == 200 else []


def letters_to(person) -> list[str]:
    return [f"{letter.subject}\n{letter.body}" for letter in mail.outbox if person.user.email in letter.to]


def test_a_reply_and_a_mention_are_news_to_the_conversation_and_to_nobody_else(cast, held):
    after, number = Event.objects.latest("id").pk, cast.case.number
    first = Comment.objects.filter(case=cast.case).earliest("id")
    everybody = frozenset({cast.with_no_grant.user.pk, cast.technician.user.pk, cast.stranger.user.pk, cast.other_provider.user.pk})

    say(cast, cast.owner, reply_to=first.pk, mentions=everybody)
    jobs.run_all()

    assert "conversation" in news(cast.with_no_grant, number, after)
    assert news(cast.technician, number, after) == []
    told = set(Delivery.objects.filter(kind__startswith="conversation.", event_id__gt=after).values_list("person_id", flat=True))
    assert told == {cast.with_no_grant.user.pk, cast.with_every_grant.user.pk}
    assert letters_to(cast.with_no_grant)
    for person in (cast.technician, cast.stranger, cast.other_provider):
        assert letters_to(person) == []
        assert SECRET not in person.client.get("/account/bell/").content.decode()
    assert not [letter for letter in mail.outbox if SECRET in f"{letter.subject}{letter.body}"], "words stay behind the link"


def test_an_answer_of_the_lab_is_news_to_who_reads_requests_and_says_nothing_of_the_conversation(cast, held):
    after, number = Event.objects.latest("id").pk, cast.case.number
    item_answer(item=ChangeItem.objects.get(pk=held.ids["item_id"]), answer="not_possible", words=SECRET, by=cast.technician.actor)
    jobs.run_all()

    for person in (cast.owner, cast.with_no_grant):
        assert news(person, number, after)
    assert news(cast.stranger, number, after) == []
    assert cast.stranger.client.get(reverse("web:updates", args=["collaborator", number])).status_code == 404
    assert not [letter for letter in mail.outbox if SECRET in f"{letter.subject}{letter.body}"]


@pytest.mark.slow
def test_a_mention_waiting_in_the_queue_is_not_sent_to_who_lost_the_case_nor_of_words_taken_back(cast, held):
    both = frozenset({cast.with_no_grant.user.pk, cast.with_every_grant.user.pk})
    comment = say(cast, cast.owner, mentions=both)
    case_shares_set(case=cast.case, wanted={cast.with_every_grant.collaboration.pk}, by=cast.owner.actor)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        jobs.run_all()
    assert not [letter for letter in letters_to(cast.with_no_grant) if f"/cases/{cast.case.number}/" in letter]
    assert [letter for letter in letters_to(cast.with_every_grant) if cast.case.number in letter]

    comment_delete(comment=comment, by=cast.owner.actor)
    for address in ("/account/bell/", "/account/bell/list/", "/collaborator/updates?after=0"):
        assert SECRET not in cast.with_every_grant.client.get(address).content.decode()
        assert f"/cases/{cast.case.number}/" not in cast.with_no_grant.client.get(address).content.decode()


def test_who_lost_the_case_is_polled_out_of_an_open_review(cast, held):
    address = reverse("web:updates", args=["collaborator", cast.case.number])
    asked = {"after": 0, "here": 1}
    assert cast.with_no_grant.client.get(address, asked).status_code == 200
    case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)
    assert cast.with_no_grant.client.get(address, asked).status_code == 404


@pytest.mark.parametrize("version", ["1", "2", "77", "-1", "x", "²", "9" * 40, ""])
def test_who_looks_is_told_to_the_conversation_alone(cast, held, version):
    """The lab looks unseen, is told of nobody, and an unpublished version is never named to those who may not see it."""
    number = cast.case.number
    pages = {}
    for person in (cast.technician, cast.with_every_grant, cast.owner, cast.with_no_grant, cast.technician, cast.owner):
        address = reverse("web:updates", args=[person.actor.workspace, number])
        response = person.client.get(address, {"after": 0, "here": version})
        assert response.status_code in {200, 204}
        pages[person.user.pk] = "".join([response.content.decode(), *map(str, response.headers.values())])

    assert "Priya" not in pages[cast.technician.user.pk]
    assert "Maren" not in pages[cast.technician.user.pk]
    assert all("Ingrid" not in page for page in pages.values())
    assert ("Priya" in pages[cast.owner.user.pk]) == (version in {"1", "2", "77"})

"""Answers of one draft that are saved at the same moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from midline.cases.models import Case, CaseType, Order
from midline.core.ids import new_key
from midline.jobs.tests.databases import real_database
from midline.jobs.tests.racing import at_once, look
from midline.orders.services import answers_of, answers_save, order_start

pytestmark = pytest.mark.django_db(transaction=True)


def test_answers_of_one_draft_saved_at_once_all_stand(cast, tmp_path: Path):
    order = order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=new_key())
    answers = {"first_name": "Łukasz", "last_name": "Wiśniewski", "birth_on": "1991-04-17", "sex": "male", "complaint": "My teeth overlap."}

    def save(name: str) -> Callable[[], Any]:
        def work() -> None:
            fresh = Order.objects.get(pk=order.pk)
            answers_save(order=fresh, by=cast.owner.actor, values={name: answers[name]}, before={name: None}, step=1)

        return work

    with real_database(tmp_path):
        assert at_once(*(save(name) for name in answers)) == [None] * len(answers)
        kept = look(lambda: answers_of(Order.objects.get(pk=order.pk), Case.objects.get(pk=order.case_id)))
    assert {name: kept[name] for name in answers} == answers

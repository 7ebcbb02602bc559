"""What these tests do and compare."""

import json

from django.test import Client
from django.urls import reverse

from midline.cases.models import Order
from midline.orders.services import answers_save
from midline.records.tests.factories import place_record


def at(name: str, order: Order, *more: object, workspace: str = "provider") -> str:
    return reverse(f"orders:{name}", args=[workspace, order.case.number, order.pk, *more])


def save(client: Client, order: Order, step: int, name: str, value: object, before: object, workspace: str = "provider"):
    data = {"field": name, name: value, f"before_{name}": json.dumps(before)}
    return client.post(at("autosave", order, step, workspace=workspace), data)


def complete(order: Order, actor) -> Order:
    """A draft with everything that is needed."""
    values = {"first_name": "Siobhán", "last_name": "O’Súilleabháin", "birth_on": "1987-03-04", "sex": "female"}
    answers_save(order=order, by=actor, values=values, before={}, step=1)
    order.refresh_from_db()
    for slot in ("upper_scan", "lower_scan"):
        place_record(order, actor, slot)
    return Order.objects.select_related("case").get(pk=order.pk)

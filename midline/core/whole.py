"""Objects by a statement that is composed once: for the few rows that every page reads whole."""

from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import CharField, Model

from midline.core.prepared import Slot, Statement

M = TypeVar("M", bound=Model)


def words_slot(name: str) -> Slot:
    """A slot for words."""
    return Slot(name, CharField())


@cache
def columns_of(model: type[Model]) -> tuple[str, ...]:
    """Every column of a model, in the order in which `objects` reads them."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def objects(model: type[M], statement: Statement, **values: Any) -> list[M]:
    """The rows of a statement that reads `columns_of` the model, as its objects."""
    return [one(model, row) for row in statement.rows(**values)]


def one(model: type[M], row: tuple[Any, ...]) -> M:
    """An object as a queryset makes it."""
    return model.from_db(connection.alias, columns_of(model), row)

"""Two hints for planners, written as expressions: what to ask of each row, and which column not to begin at."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, Func
from django.db.models.sql.compiler import SQLCompiler


class Probe(Exists):
    """EXISTS that is asked of each row as it comes, by an index.

    PostgreSQL would turn it into a join over everything that could match; OFFSET 0 forbids that, and changes no answer.
    """

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="EXISTS(%(subquery)s OFFSET 0)", **context)


class Beside(Func):
    """A column at whose index SQLite shall not begin: it is tested, or sorted by, after something else decided where to begin.

    PostgreSQL weighs the limit of a statement by itself.
    """

    template = "%(expressions)s"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)

"""What bench/results/list.json says, as the tables of docs/performance.md: targets, lists, and the Django admin beside them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from bench import report
from bench.data import ACTORS
from bench.views import ADMIN_VIEWS, SORTS, VIEWS

ENGINES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
BEFORE: Final = 100_000
LARGE: Final = 1_000_000
COLLABORATORS: Final = ("big", "mid", "sparse")
MAIN: Final = ("default", "status", "sort_patient", "search_rare", "search_common")
Row = dict[str, Any]
Found = tuple[float, str]


def ratio(above: float | None, below: float | None) -> float | None:
    return round(above / below, 2) if above and below else None


def annotate(rows: list[Row]) -> None:
    """Writes the ratios into the rows: read ÷ floor, request against the admin, and growth from 100,000 to 1,000,000 cases."""
    before = {_key(row): row for row in rows if row["cases"] == BEFORE}
    for row in rows:
        row["query_ratio"] = ratio(row["query_ms"], row["floor_ms"])
        row["sql_ratio"] = ratio(row.get("sql_ms"), row["floor_ms"])
        row["admin_ratio"] = ratio(row["django_admin_ms"], row["http_ms"])
        row["growth"] = None
        if row["cases"] == LARGE and (small := before.get(_key(row))):
            each = [(row.get("rows") or 1), (small.get("rows") or 1)]
            row["growth"] = ratio(_took(row) / each[0], _took(small) / each[1])


def _took(row: Row) -> float:
    """What grows: the request, or where there is none (counts) the reading."""
    return float(row["http_ms"] or row["query_ms"] or 0)


def _key(row: Row) -> tuple[str, str, str]:
    return row["engine"], row["actor"], row["view"]


# --- targets --------------------------------------------------------------------------------------------------------


class Results:
    """The rows of one engine, asked for one figure at a time."""

    def __init__(self, rows: Iterable[Row], engine: str) -> None:
        self._rows = {(row["cases"], row["actor"], row["view"]): row for row in rows if row["engine"] == engine}

    def of(self, actors: Iterable[str], views: Iterable[str], figure: Callable[[Row], float | None], cases: int = LARGE) -> list[Found]:
        """(figure, "actor view") of each cell that has it."""
        found: list[Found] = []
        for actor in actors:
            for view in views:
                row = self._rows.get((cases, actor, view))
                value = figure(row) if row else None
                if value is not None:
                    found.append((value, f"{actor} {view}"))
        return found

    def against(self, actor: str, view: str, other: str) -> float | None:
        rows = [self._rows.get((LARGE, actor, one)) for one in (view, other)]
        return ratio(rows[0]["http_ms"], rows[1]["http_ms"]) if rows[0] and rows[1] else None


def _beyond_sql(row: Row) -> float | None:
    return row["cpu_ms"] - row["sql_ms"] if row["cpu_ms"] is not None and row.get("sql_ms") is not None else None


def targets(found: dict[str, Any], engine: str) -> Iterator[tuple[str, str, bool | None]]:
    """(target, where it stands, whether it is met; None when it was not measured) of one engine."""
    rows = Results(found["rows"], engine)
    searches = [view for view in VIEWS if view.startswith("search_")]
    counts = 2.0 if engine == "sqlite" else 4.0

    def most(words: str, limit: float, unit: str, values: list[Found]) -> tuple[str, str, bool | None]:
        if not values:
            return words, "not measured", None
        worst = max(values)
        return words, f"{shown(worst[0])}{unit} ({worst[1]})", worst[0] <= limit

    def least(words: str, limit: float, values: list[Found]) -> tuple[str, str, bool | None]:
        if not values:
            return words, "not measured", None
        worst = min(values)
        return words, f"{shown(worst[0])} × ({worst[1]})", worst[0] >= limit

    def figure(name: str) -> Callable[[Row], float | None]:
        return lambda row: row.get(name)

    big = ("big",)
    yield most("SQL of big's page with counts ≤ 2 × the page floor", 2, " ×", rows.of(big, ["default"], figure("sql_ratio")))
    yield most("CPU of a request ≤ its SQL + 6 ms", 6, " ms above", rows.of(big, MAIN, _beyond_sql))
    yield most("100,000 → 1,000,000, default and sorts ≤ 1.3 ×", 1.3, " ×", rows.of(big, ["default", *SORTS], figure("growth")))
    yield most("100,000 → 1,000,000, status ≤ 1.5 ×", 1.5, " ×", rows.of(big, ["status"], figure("growth")))
    yield most("100,000 → 1,000,000, search ≤ 2.2 ×", 2.2, " ×", rows.of(big, searches, figure("growth")))
    yield most("any collaborator, any sort ≤ 30 ms of SQL", 30, " ms", rows.of(COLLABORATORS, SORTS, figure("sql_ms")))
    for cases, limit in ((BEFORE, 8), (LARGE, 30)):
        words = f"against a Django admin at {cases:,} ≥ {limit} ×"
        yield least(words, limit, rows.of(big, ADMIN_VIEWS, figure("admin_ratio"), cases))
    yield most(f"counts of 2,000 grants ≤ {counts:.0f} ms", counts, " ms", rows.of(big, ["counts"], figure("query_ms")))
    yield most("search: SQL ≤ 2 × its floor", 2, " ×", rows.of(big, searches, figure("sql_ratio")))
    yield most("search of sparse ≤ 10 ms of SQL", 10, " ms", rows.of(["sparse"], searches, figure("sql_ms")))
    depth = [(value, f"{actor} {view}") for actor in ACTORS for view, first in (("deep", "sort_patient"), ("last_page", "default"))
             if (value := rows.against(actor, view, first)) is not None]  # fmt: skip
    yield most("a page at any depth ≤ 1.3 × the first", 1.3, " ×", depth)


def verdicts(found: dict[str, Any]) -> str:
    """The targets with met or missed, both engines side by side."""
    columns = {engine: list(targets(found, engine)) for engine in ENGINES}
    words = {True: "met", False: "**missed**", None: "–"}
    lines = []
    for place, (target, _stands, _met) in enumerate(columns["sqlite"]):
        found_here = [columns[engine][place] for engine in ENGINES]
        # The one target that differs between the engines says both.
        name = target if target == found_here[1][0] else "counts of 2,000 grants ≤ 2 ms on SQLite, ≤ 4 ms on PostgreSQL"
        lines.append([name, *(cell for _name, stands, met in found_here for cell in (words[met], stands))])
    return report.table(["target", "SQLite", "worst", "PostgreSQL", "worst"], lines, 5)


# --- tables ---------------------------------------------------------------------------------------------------------


def section(found: dict[str, Any], failed: list[str]) -> str:
    """The block of docs/performance.md."""
    parts = [
        report.said(found["machine"]) + " " + _settings(found["machine"].get("postgresql")),
        "### Targets\nAt 1,000,000 cases unless it says otherwise; *worst* is the cell that is furthest from the target.\n\n"
        + verdicts(found),
    ]
    sizes = sorted({row["cases"] for row in found["rows"]}, reverse=True)
    if page := _page_floor(found, sizes):
        parts.append(page)
    if sizes:
        parts.append(f"### Lists, {sizes[0]:,} cases\n{_explained(found)}\n\n{lists(found, sizes[0])}")
        parts.append("### Beside a plain Django admin\nMilliseconds, p50: the admin, and how many times the portal's time that is.\n\n"
                     + beside(found, sizes))  # fmt: skip
    if 10_000 in sizes[1:]:
        parts.append(f"### The default list, by size\nRequest, p50 in ms.\n\n{by_size(found, sorted(sizes))}")
    if failed:
        parts.append("### Not measured\n" + "\n".join(f"- {' '.join(words.split())}" for words in failed))
    return "\n\n".join(parts)


def _page_floor(found: dict[str, Any], sizes: list[int]) -> str:
    """The least that big's page could cost, per engine, beside what it costs and what the row of the access log adds."""
    rows = {row["engine"]: row for row in found["rows"] if (row["actor"], row["view"]) == ("big", "default") and row["cases"] == sizes[0]}
    said = [
        f"{name} {shown(row['floor_ms'])} ms (SQL of the page {shown(row.get('sql_ms'))}, the access-log row {shown(row.get('log_ms'))})"
        for engine, name in ENGINES.items() if (row := rows.get(engine))
    ]  # fmt: skip
    return f"Page floor, big's default list and all counts at {sizes[0]:,} cases: {'; '.join(said)}." if said else ""


def _settings(server: Any) -> str:
    if not isinstance(server, dict):
        return ""
    named = ", ".join(f"{name} {value}" for name, value in server.items() if name != "server_version")
    return f"PostgreSQL: {named}. SQLite: WAL, synchronous=FULL, as the portal sets it."


def _explained(found: dict[str, Any]) -> str:
    differs = [f"{row['engine']} {row['cases']:,} {row['actor']} {row['view']}" for row in found["rows"] if row.get("same_rows") is False]
    words = ("Milliseconds, p50 unless it says p95: floor, all SQL of the request, the product's own reading (× is reading ÷ floor), "
             "the whole request, CPU of the server; *grows* is the request against the one at 100,000 cases.")  # fmt: skip
    return words + (
        f" Floor and product showed other rows in: {', '.join(differs)}." if differs else " Floor and product showed the same rows."
    )


def lists(found: dict[str, Any], cases: int) -> str:
    """One line a view and actor, both engines side by side."""
    rows = {_key(row): row for row in found["rows"] if row["cases"] == cases}
    heads = ["actor", "view"]
    for short in ("SQLite", "PG"):
        heads += [f"{short} floor", "SQL", "read", "×", "request", "p95", "CPU", "grows"]
    lines = []
    for actor in ACTORS:
        for view in VIEWS:
            both = [rows.get((engine, actor, view)) for engine in ENGINES]
            if any(both):
                lines.append([actor, view, *(cell for row in both for cell in _cells(row))])
    return report.table(heads, lines, 2)


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ["–"] * 8
    names = ("floor_ms", "sql_ms", "query_ms", "query_ratio", "http_ms", "http_p95_ms", "cpu_ms", "growth")
    return [shown(row.get(name)) for name in names]


def beside(found: dict[str, Any], sizes: list[int]) -> str:
    rows = {(row["cases"], *_key(row)): row for row in found["rows"] if row["django_admin_ms"]}
    heads, lines = ["actor", "view"], []
    large = [size for size in sorted(sizes) if size >= BEFORE] or sizes
    for engine in ENGINES.values():
        heads += [word for size in large for word in (f"{engine} {size:,}", "×")]
    for actor in ACTORS:
        for view in ADMIN_VIEWS:
            cells = [rows.get((size, engine, actor, view)) for engine in ENGINES for size in large]
            if any(cells):
                figures = [(shown(row["django_admin_ms"]), shown(row.get("admin_ratio"))) if row else ("–", "–") for row in cells]
                lines.append([actor, view, *(word for pair in figures for word in pair)])
    return report.table(heads, lines, 2)


def by_size(found: dict[str, Any], sizes: list[int]) -> str:
    rows = {(row["engine"], row["cases"], row["actor"]): row for row in found["rows"] if row["view"] == "default"}
    lines = []
    for engine, name in ENGINES.items():
        for actor in ACTORS:
            figures = [shown(rows[engine, size, actor]["http_ms"]) if (engine, size, actor) in rows else "–" for size in sizes]
            lines.append([name, actor, *figures])
    return report.table(["engine", "actor", *(f"{size:,}" for size in sizes)], lines, 2)


def shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if abs(value) < 2 else f"{value:.1f}" if abs(value) < 20 else f"{value:,.0f}"

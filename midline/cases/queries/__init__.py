"""What lists and pages show of cases, derived in a constant number of queries."""

from midline.cases.queries.asked import Asked
from midline.cases.queries.further import further_kinds
from midline.cases.queries.lists import PAGE, Page, ids_in_order, listed, matches, read_page
from midline.cases.queries.narrowing import shared_with
from midline.cases.queries.people import (
    Person,
    Shared,
    former_people_of,
    people_of,
    relation_tone,
    shared_by_case,
    taken_away_by_collaboration,
    withheld_on,
)
from midline.cases.queries.reach import Reach, reach_of, unread_by_case
from midline.cases.queries.rows import Row, rows_of
from midline.cases.queries.saved import asked_of, columns_chosen, counted_at_once, parts_of, views_of
from midline.cases.queries.search import own_view
from midline.cases.queries.signs import around_number, bubble_sign, collaborator_sign, collaborators_cell, status_sign, turn_sign
from midline.cases.queries.standing import Standing, collaborator_count, evaluating_collaborations, standing_of, standings
from midline.cases.queries.totals import Total
from midline.cases.queries.words import SLOT_LABELS, detail_words, is_unusable, type_words

__all__ = [
    "PAGE",
    "SLOT_LABELS",
    "Asked",
    "Page",
    "Person",
    "Reach",
    "Row",
    "Shared",
    "Standing",
    "Total",
    "around_number",
    "asked_of",
    "bubble_sign",
    "collaborator_count",
    "collaborator_sign",
    "collaborators_cell",
    "columns_chosen",
    "counted_at_once",
    "detail_words",
    "evaluating_collaborations",
    "former_people_of",
    "further_kinds",
    "ids_in_order",
    "is_unusable",
    "listed",
    "matches",
    "own_view",
    "parts_of",
    "people_of",
    "reach_of",
    "read_page",
    "relation_tone",
    "rows_of",
    "shared_by_case",
    "shared_with",
    "standing_of",
    "standings",
    "status_sign",
    "taken_away_by_collaboration",
    "turn_sign",
    "type_words",
    "unread_by_case",
    "views_of",
    "withheld_on",
]

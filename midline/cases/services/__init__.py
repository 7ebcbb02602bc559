"""Writes on cases, orders, shares and marks. The only way a status changes is `order_move`."""

from midline.cases.services.counts import collaboration_recount, provider_recount
from midline.cases.services.details import Details, case_details_save
from midline.cases.services.drafts import Clash, case_begin, draft_discard, order_begin, order_save, patient_save
from midline.cases.services.lifecycle import case_touch, order_move, planners_left
from midline.cases.services.marks import ready_mark, ready_push_back, ready_take_back
from midline.cases.services.needs import Ask, need_answer, records_ask
from midline.cases.services.practices import case_practice_set, clinician_renamed, practice_renamed
from midline.cases.services.searches import search_keep, searches_forget
from midline.cases.services.shares import case_shares_hold, case_shares_set, cases_share, cases_unshare, share_withhold
from midline.cases.services.standing import standing_grant_begin, standing_grant_end, standing_grant_to_single
from midline.cases.services.undo import AlreadyUndone, shares_undo
from midline.cases.services.views import (
    NAME_LONGEST,
    NameTaken,
    columns_choose,
    view_move,
    view_remove,
    view_rename,
    view_restore,
    view_save,
    view_update,
    views_forget,
)

__all__ = [
    "NAME_LONGEST",
    "AlreadyUndone",
    "Ask",
    "Clash",
    "Details",
    "NameTaken",
    "case_begin",
    "case_details_save",
    "case_practice_set",
    "case_shares_hold",
    "case_shares_set",
    "case_touch",
    "cases_share",
    "cases_unshare",
    "clinician_renamed",
    "collaboration_recount",
    "columns_choose",
    "draft_discard",
    "need_answer",
    "order_begin",
    "order_move",
    "order_save",
    "patient_save",
    "planners_left",
    "practice_renamed",
    "provider_recount",
    "ready_mark",
    "ready_push_back",
    "ready_take_back",
    "records_ask",
    "search_keep",
    "searches_forget",
    "share_withhold",
    "shares_undo",
    "standing_grant_begin",
    "standing_grant_end",
    "standing_grant_to_single",
    "view_move",
    "view_remove",
    "view_rename",
    "view_restore",
    "view_save",
    "view_update",
    "views_forget",
]

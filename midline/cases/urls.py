"""Addresses of cases."""

from django.urls import URLPattern, path

from midline.cases.views import (
    account,
    choose_columns,
    collaborator,
    details,
    filtering,
    fresh,
    manage,
    orders,
    popover,
    saved,
    undo,
    withholding,
)
from midline.core.workspace import Workspace

app_name = "cases"
urlpatterns: list[URLPattern] = [
    path("provider/orders/", orders.manage_orders, name="manage_orders"),
    path("provider/orders/export.csv", orders.export_orders, name="export_orders"),
    path("provider/orders/rows/", fresh.list_rows, {"workspace": Workspace.PROVIDER}, name="orders_rows"),
    path("provider/orders/share/", orders.orders_share, name="orders_share"),
    path("provider/orders/filters/", filtering.filters, {"place": "cases:orders_filters"}, name="orders_filters"),
    path("provider/cases/<str:number>/collaborators/", popover.case_collaborators, name="case_collaborators"),
    path("provider/cases/<str:number>/collaborators/<int:collaboration_id>/", withholding.case_permissions, name="case_permissions"),
    path("provider/cases/<str:number>/details/", details.case_details, name="case_details"),
    path("provider/orders/matching/", orders.orders_matching, name="orders_matching"),
    path("<workspace:workspace>/views/save/", saved.view_save, name="view_save"),
    path("<workspace:workspace>/views/counts/", saved.view_counts, name="view_counts"),
    path("<workspace:workspace>/views/<uuid:view_id>/", saved.view_change, name="view_change"),
    path("<workspace:workspace>/views/<uuid:view_id>/delete/", saved.view_delete, name="view_delete"),
    path("<workspace:workspace>/views/<uuid:view_id>/restore/", saved.view_restore, name="view_restore"),
    path("<workspace:workspace>/columns/", choose_columns.columns, name="columns"),
    path("provider/collaborators/", manage.manage_collaborators, name="manage_collaborators"),
    path("provider/collaborators/filters/", filtering.filters, {"place": "cases:collaborators_filters"}, name="collaborators_filters"),
    path("provider/collaborators/<int:collaboration_id>/shares/", manage.shares_change, name="shares_change"),
    path("provider/collaborators/<int:collaboration_id>/matching/", manage.shares_matching, name="shares_matching"),
    path("provider/collaborators/<int:collaboration_id>/every-case/", manage.standing_grant, name="standing_grant"),
    path("provider/collaborators/<int:collaboration_id>/every-case/except/<str:number>/", manage.share_except, name="share_except"),
    path("provider/shares/<uuid:batch_id>/undo/", undo.shares_undo, name="shares_undo"),
    path("account/collaborators/", account.account_collaborators, name="account_collaborators"),
    path("account/collaborators/lookup/", account.account_lookup, name="account_lookup"),
    path("account/collaborators/undo/<int:event_id>/", account.account_change_undo, name="account_change_undo"),
    path("account/collaborators/<int:collaboration_id>/", account.account_collaborator, name="account_collaborator"),
    path("account/collaborators/<int:collaboration_id>/resend/", account.account_resend, name="account_resend"),
    path("account/collaborators/<int:collaboration_id>/withdraw/", account.account_withdraw, name="account_withdraw"),
    path("account/collaborators/<int:collaboration_id>/remove/", account.account_remove, name="account_remove"),
    path("collaborator/cases/", collaborator.collaborator_cases, name="collaborator_cases"),
    path("collaborator/choose/filters/", filtering.filters, {"place": "cases:collaborator_filters"}, name="collaborator_filters"),
    path("collaborator/rows/", fresh.list_rows, {"workspace": Workspace.COLLABORATOR}, name="collaborator_rows"),
    path("collaborator/choose/provider/", collaborator.collaborator_choose, {"what": "provider"}, name="collaborator_provider"),
    path("collaborator/choose/practice/", collaborator.collaborator_choose, {"what": "practice"}, name="collaborator_practice"),
    path("collaborator/cases/export.csv", collaborator.export_collaborator_cases, name="export_collaborator_cases"),
]

"""Addresses of lab. The same views serve technicians and, under /collaborator/, a planning service that took the order."""

from django.urls import URLPattern, path

from midline.lab.views import changes, finishing, imports, orders, queue

app_name = "lab"
_CASE = "<workspace:workspace>/cases/<str:number>/"
_ORDER = _CASE + "orders/<int:order_id>/"
_IMPORT = _CASE + "imports/<int:import_id>/"
urlpatterns: list[URLPattern] = [
    path("lab/queue/", queue.queue, name="queue"),
    path("lab/queue/take-next/", queue.take_next, name="take_next"),
    path(_ORDER + "take/", orders.take, name="take"),
    path(_ORDER + "hand-over/", orders.hand_over, name="hand_over"),
    path(_ORDER + "ask-records/", orders.ask_records, name="ask_records"),
    path(_ORDER + "start-manufacturing/", orders.start, name="start"),
    path(_ORDER + "ship/", orders.ship, name="ship"),
    path(_CASE + "changes/", changes.changes, name="changes"),
    path(_CASE + "changes/<int:item_id>/", changes.answer, name="answer"),
    path(_ORDER + "imports/", imports.current, name="import_current"),
    path(_ORDER + "imports/add/", imports.add, name="import_add"),
    path(_IMPORT, imports.show, name="import"),
    path(_IMPORT + "progress/", imports.progress, name="import_progress"),
    path(_IMPORT + "files/", imports.supply, name="import_supply"),
    path(_IMPORT + "go-on/", imports.go_on, name="import_go_on"),
    path(_IMPORT + "report/", imports.report, name="import_report"),
    path(_IMPORT + "match/", finishing.match, name="import_match"),
    path(_IMPORT + "teeth/", finishing.teeth, name="import_teeth"),
    path(_IMPORT + "plan/", finishing.plan, name="import_plan"),
    path(_IMPORT + "plan/<slug:kind>.csv", finishing.table, name="import_table"),
    path(_IMPORT + "publish/", finishing.publish, name="import_publish"),
    path(_IMPORT + "retry/", imports.retry, name="import_retry"),
    path(_IMPORT + "discard/", imports.discard, name="import_discard"),
]

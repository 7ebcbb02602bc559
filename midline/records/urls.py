"""Addresses of records."""

from django.urls import URLPattern, path, register_converter

from midline.records import views
from midline.records.queries import FILE_ACTIONS


class FileConverter:
    """Which file of a record: thumb, shown, original, model or scrubbed; anything else is no address."""

    regex = "|".join(FILE_ACTIONS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(FileConverter, "record_file")

app_name = "records"
urlpatterns: list[URLPattern] = [
    path("<workspace:workspace>/uploads/", views.uploads, name="uploads"),
    path("<workspace:workspace>/uploads/<uuid:upload_id>/", views.upload, name="upload"),
    path("<workspace:workspace>/cases/<str:number>/orders/<int:order_id>/records/", views.send, name="send"),
    path("<workspace:workspace>/cases/<str:number>/orders/<int:order_id>/records/<slug:slot>/", views.place, name="place"),
    path("<workspace:workspace>/cases/<str:number>/records/<int:record_id>/move/", views.move, name="move"),
    path("<workspace:workspace>/cases/<str:number>/records/<int:record_id>/<record_file:what>/", views.file, name="file"),
]

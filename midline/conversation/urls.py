"""Addresses of the conversation."""

from django.urls import path

from midline.conversation import views

app_name = "conversation"
_CASE = "<workspace:workspace>/cases/<str:number>"
urlpatterns = [
    path(f"{_CASE}/conversation/", views.conversation, name="conversation"),
    path(f"{_CASE}/conversation/read/", views.conversation_read, name="read"),
    path(f"{_CASE}/comments/", views.comment, name="comment"),
    path(f"{_CASE}/comments/<int:comment_id>/edit/", views.comment_edit, name="comment_edit"),
    path(f"{_CASE}/comments/<int:comment_id>/delete/", views.comment_delete, name="comment_delete"),
    path(f"{_CASE}/change-requests/<int:request_id>/withdraw/", views.request_withdraw, name="request_withdraw"),
    path(f"{_CASE}/comments/files/<int:file_id>/<str:what>/", views.comment_file, name="file"),
]

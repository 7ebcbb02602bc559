"""Addresses of notify."""

from django.urls import URLPattern, path

from midline.notify import mailbox
from midline.notify.views import bell, email_notifications, unsubscribe
from midline.notify.views import mailbox as mailbox_views

app_name = "notify"


def mailbox_addresses() -> list[URLPattern]:
    """The development mailbox, where there is one: in production these addresses do not exist."""
    if not mailbox.is_open():
        return []
    return [
        path("mail/", mailbox_views.letters, name="mailbox"),
        path("mail/<str:name>/", mailbox_views.letter, name="letter"),
        path("mail/<str:name>/html/", mailbox_views.letter_html, name="letter_html"),
    ]


urlpatterns: list[URLPattern] = [
    path("account/email-notifications/", email_notifications.email_notifications, name="email_notifications"),
    path("account/bell/", bell.bell, name="bell"),
    path("account/bell/list/", bell.bell_list, name="bell_list"),
    path("account/bell/count/", bell.bell_count, name="bell_count"),
    path("account/bell/read/", bell.bell_read, name="bell_read"),
    path("account/bell/<int:pk>/", bell.bell_open, name="bell_open"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    *mailbox_addresses(),
]

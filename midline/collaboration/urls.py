"""Addresses of collaboration."""

from django.urls import URLPattern, path

from midline.collaboration import views

app_name = "collaboration"
urlpatterns: list[URLPattern] = [
    path("terms/", views.text, {"kind": "terms"}, name="terms"),
    path("terms/patients/", views.text, {"kind": "consent"}, name="consent"),
    path("invitation/again/", views.again, name="again"),
    path("invitation/<slug:token>/", views.invitation, name="invitation"),
    path("invitation/<slug:token>/register/", views.register, name="register"),
    path("invitation/<slug:token>/passkey/", views.passkey, name="passkey"),
    path("invitation/<slug:token>/decline/", views.decline, name="decline"),
    path("account/collaborations/", views.collaborations, name="collaborations"),
    path("account/collaborations/<int:collaboration_id>/leave/", views.leave, name="leave"),
]

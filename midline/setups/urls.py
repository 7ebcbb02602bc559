"""Addresses of setups."""

from django.urls import URLPattern, path

from midline.setups.views import compare, files, review, summary

app_name = "setups"
_SETUP = "<workspace:workspace>/cases/<str:number>/setups/<int:version>/"
_IMPORT = "<workspace:workspace>/cases/<str:number>/imports/<int:import_id>/"
urlpatterns: list[URLPattern] = [
    path(_SETUP, review.review, name="review"),
    path(_SETUP + "approve/", review.approve, name="approve"),
    path(_SETUP + "decline/", review.decline, name="decline"),
    path(_SETUP + "propose/", review.propose, name="propose"),
    path(_SETUP + "carry/", review.carry, name="carry"),
    path(_SETUP + "ready/", review.ready, name="ready"),
    path(_SETUP + "ready/take-back/", review.take_back, name="take_back"),
    path(_SETUP + "push-back/", review.push_back, name="push_back"),
    path(_SETUP + "compare/", compare.compare, name="compare"),
    path(_SETUP + "overlay/<int:other>/", compare.overlay, name="overlay"),
    path(_SETUP + "picture/<str:what>.webp", files.picture, name="picture"),
    path(_SETUP + "summary.pdf", summary.summary, name="summary"),
    path(_SETUP + "original.zip", files.original, name="original"),
    path(_SETUP + "<str:what>.glb", files.model, name="model"),
    path(_IMPORT + "thumb/<int:index>.webp", files.import_thumb, name="import_thumb"),
]

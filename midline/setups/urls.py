"""Addresses of setups."""

from django.urls import URLPattern, path

from midline.setups.views import files

app_name = "setups"
_SETUP = "<workspace:workspace>/cases/<str:number>/setups/<int:version>/"
_IMPORT = "<workspace:workspace>/cases/<str:number>/imports/<int:import_id>/"
urlpatterns: list[URLPattern] = [
    path(_SETUP + "picture/<str:what>.webp", files.picture, name="picture"),
    path(_SETUP + "original.zip", files.original, name="original"),
    path(_SETUP + "<str:what>.glb", files.model, name="model"),
    path(_IMPORT + "thumb/<int:index>.webp", files.import_thumb, name="import_thumb"),
]

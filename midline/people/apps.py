from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "midline.people"
    label = "people"

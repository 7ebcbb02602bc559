from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "midline.people"
    label = "people"

    def ready(self) -> None:
        from midline.people import checks, jobs  # noqa: F401 - registers the check and the handlers

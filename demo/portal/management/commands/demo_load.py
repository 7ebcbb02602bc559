"""`manage.py demo_load`: loads the demo once; a second call keeps what stands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo.portal.load import load


class Command(BaseCommand):
    help = "Loads the demo's people, cases and setups. Does nothing when they stand already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", action="store_true", help="only the provider, the technician and the administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        if not load(self.stdout.write, people_only=options["people"]):
            self.stdout.write("The demo stands already; its data is kept.")

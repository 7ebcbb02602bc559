"""The people and practices of the demo: all invented."""

from typing import Final

from allauth.account.models import EmailAddress

from midline.people.models import User
from midline.practices.models import Practice, PreferenceSet, Provider

PASSWORD: Final = "midline-demo"  # noqa: S105 - demo data only; production refuses these addresses

PATIENTS: Final = [
    ("Zofia", "Dąbrowska", "female"),
    ("Mateus", "Conceição", "male"),
    ("Aoife", "Ní Bhriain", "female"),
    ("Søren", "Brix-Håkansson", "male"),
    ("Emre", "Yıldırım", "male"),
    ("Chloë", "van den Broek", "female"),
    ("Ánh Tuyết", "Nguyễn Thị", "female"),
    ("Łukasz", "Wiśniewski", "male"),
    ("Inès", "Béranger-Lefèvre", "female"),
    ("Γεωργία", "Παπαδάκη", "female"),
    ("Oskar", "Þórðarson", "male"),
    ("Beatriz", "Muñoz Echeverría", "female"),
    ("Jürgen", "Weißenböck", "male"),
    ("Анастасия", "Кузнецова", "female"),
    ("翔太", "小林", "male"),
    ("Siobhán", "Ó Ceallaigh", "female"),
    ("Matěj", "Dvořáček", "male"),
    ("Ilse", "Vanderstraeten", "female"),
    ("Δημήτρης", "Αντωνίου", "male"),
    ("Håvard", "Mæland", "male"),
    ("Ximena", "Quiñones", "female"),
    ("Bjørn-Erik", "Ødegård", "male"),
    ("Thảo", "Trần Ngọc", "female"),
    ("Олександр", "Шевчук", "male"),
    ("美咲", "高橋", "female"),
    ("Rébecca", "Thévenot", "female"),
    ("Tiago", "Gonçalves", "male"),
    ("Dorottya", "Szűcs", "female"),
    ("Ștefan", "Țăranu", "male"),
    ("Ayşe", "Çağlar", "female"),
    ("Niamh", "Mac Giolla", "female"),
    ("Андрій", "Бондаренко", "male"),
    ("Élodie", "Saint-Rémy", "female"),
    ("Jón", "Guðmundsson", "male"),
    ("지우", "박", "female"),
    ("Kasia", "Żółkiewska", "female"),
    ("Ignacio", "Iturralde", "male"),
    ("Freja", "Kjærgaard", "female"),
    ("Ελένη", "Σταυρίδου", "female"),
    ("Tobiasz", "Święcicki", "male"),
    ("Maëlle", "Le Goff", "female"),
    ("Dmitri", "Lõhmus", "male"),
    ("Hương", "Phạm", "female"),
    ("Rūta", "Žemaitytė", "female"),
    ("Cillian", "Ó Dubhthaigh", "male"),
    ("Юлия", "Соловьёва", "female"),
    ("健一", "渡辺", "male"),
    ("Saoirse", "Devereux", "female"),
    ("Gökhan", "Öztürk", "male"),
    ("Marisol", "Peñaloza", "female"),
    ("Vojtěch", "Říha", "male"),
    ("Ingeborg", "Åsvang", "female"),
    ("Κωνσταντίνος", "Βλάχος", "male"),
    ("Lóa", "Þorvaldsdóttir", "female"),
    ("András", "Kőszegi", "male"),
    ("Mireia", "Castellví", "female"),
    ("雅文", "陳", "male"),
    ("Nándor", "Ördög", "male"),
    ("Agnès", "Delaçroix", "female"),
    ("Torbjørn", "Skjæveland", "male"),
]


def person(name: str, first_name: str, last_name: str, **fields: object) -> User:
    """A person who signs in as <name>@demo.example with the demo's password, address verified."""
    user = User.objects.create_user(f"{name}@demo.example", PASSWORD, first_name=first_name, last_name=last_name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def provider() -> Provider:
    """Maren Østby with two practices and a preference set."""
    user = person("provider", "Maren", "Østby")
    made = Provider.objects.create(person=user, license_number="NO-4471902", country="NO", state=Provider.State.CONFIRMED)
    for position, (name, street, city) in enumerate([
        ("Grünerløkka", "Lilleveien 12", "0552 Oslo"),
        ("Fjordgata", "Fjordgata 3", "7010 Trondheim"),
    ]):  # fmt: skip
        Practice.objects.create(
            provider=made,
            name=name,
            street=street,
            city=city,
            country="NO",
            phone="+47 00 00 00 00",
            time_zone="Europe/Oslo",
            position=position,
        )
    PreferenceSet.objects.create(provider=made, name="Standard", is_default=True)
    return made


def nobody_finds() -> User:
    """A clinician who works with nobody and does not allow being found: typing the whole address tells what an unknown address tells."""
    return person("private", "Signe", "Dahl", findable=User.Findable.NOBODY)


def second_provider() -> Provider:
    """A colleague whose one case nobody shares: what a stranger must never see. Whoever types the whole address is shown the name."""
    user = person("colleague", "Eskil", "Aabakken")
    made = Provider.objects.create(person=user, license_number="NO-5530118", country="NO", state=Provider.State.CONFIRMED)
    Practice.objects.create(provider=made, name="Bryggen", street="Bryggen 9", city="5003 Bergen", country="NO", time_zone="Europe/Oslo")
    return made

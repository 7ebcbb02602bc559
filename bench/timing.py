"""`make bench-timing`: whether the time of an answer tells who has an account.

Pairs of addresses of the same length, one of an account that does not allow being found, one of nobody, asked in random order through
Django's test client, all middleware, on a real database: signing in with a wrong password, asking for a new password, inviting, and looking
an address up. The figure is the AUC, the chance that the account's answer took longer than nobody's: 0.5 tells nothing, and within 0.45 to
0.55 counts as nothing. Passwords are hashed with fewer rounds than in production, so that hashing hides no other difference.
"""

import argparse
import gc
import importlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench import report

PAIRS: Final = 2_000
WARM_UP: Final = 40
# A provider sends at most 100 invitations a day.
PAIRS_A_PROVIDER: Final = 45
Times = npt.NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--only", nargs="+", help="names of questions, for example look-up")
    chosen = parser.parse_args()
    found = report.read("timing")
    found["machine"] = report.machine()
    with tempfile.TemporaryDirectory(prefix="midline-timing-") as folder, database(chosen.engine, Path(folder)) as url:
        begin(Path(folder), url)
        for name, ask in questions(chosen.pairs).items():
            if not chosen.only or name in chosen.only:
                row = {"question": name, "engine": chosen.engine, "pairs": chosen.pairs, **measured(ask, chosen.pairs)}
                told(row)
                found["rows"] = [r for r in found["rows"] if (r["question"], r["engine"]) != (name, chosen.engine)] + [row]
    report.keep("timing", found)
    report.show("bench-timing", section(found))
    return 0


def section(found: dict[str, Any]) -> str:
    """The table of docs/performance.md."""
    heads = ["question", "engine", "pairs", "AUC", "account, median ms", "nobody, median ms"]
    lines = [
        [
            row["question"],
            "SQLite" if row["engine"] == "sqlite" else "PostgreSQL",
            f"{row['pairs']:,}",
            row["auc"],
            row["account_ms"],
            row["nobody_ms"],
        ]
        for row in found["rows"]
    ]
    return f"{report.said(found['machine'])}\n\n{report.table(heads, lines, 2)}"


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'midline.sqlite3'}"
        return
    sys.path.insert(0, str(report.ROOT / "bin"))
    with importlib.import_module("database").postgres() as address:
        yield str(address)


def begin(folder: Path, url: str) -> None:
    """An empty portal with the settings of the demo, in `folder` and the database at `url`."""
    os.environ |= {"MIDLINE_ENV": "demo", "MIDLINE_DATA": str(folder), "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["bench.hashing.Quick"]
    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def questions(pairs: int) -> dict[str, Callable[[int, str], Any]]:
    """What is asked, by name: a function of the pair's number and an address, that answers when the portal has."""
    from django.contrib.auth.hashers import make_password
    from django.test import Client

    from midline.collaboration import services
    from midline.collaboration.models import Lookup
    from midline.core.workspace import Workspace
    from midline.people.models import User
    from midline.people.policies import Actor
    from midline.practices.models import Practice, Provider

    people(pairs + WARM_UP, make_password("a password that nobody types"))
    browsers = []
    for n in range((pairs + WARM_UP) // PAIRS_A_PROVIDER + 1):
        user = User.objects.create_user(f"provider{n}@example.org", "a long enough password", first_name="Provider", last_name=str(n))
        provider = Provider.objects.create(person=user, license_number="1", country="NO", state=Provider.State.CONFIRMED)
        Practice.objects.create(provider=provider, name="Practice")
        services.consent_give(by=Actor(user, Workspace.ACCOUNT, provider.pk), address=None)
        browsers.append(Client())
        browsers[-1].force_login(user)

    def of(n: int) -> Client:
        return browsers[n // PAIRS_A_PROVIDER]

    def stranger() -> Client:
        """Each from an address of its own: nobody is counted for the rate limits."""
        return Client(REMOTE_ADDR=f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}")

    somebody = {"first_name": "Yuki", "last_name": "Otani", "relation": "staff", "scope": "none", "shows_identity": "on"}

    def look_up(n: int, address: str) -> Any:
        if Lookup.objects.count() > 20:
            Lookup.objects.all().delete()
        return lambda: of(n).post("/account/collaborators/lookup/", {"email": address})

    def sign_in(n: int, address: str) -> Any:
        who = stranger()
        return lambda: who.post("/account/login/", {"login": address, "password": "not the password"})

    def reset(n: int, address: str) -> Any:
        who = stranger()
        return lambda: who.post("/account/password/reset/", {"email": address})

    def invite(n: int, address: str) -> Any:
        return lambda: of(n).post("/account/collaborators/", somebody | {"email": address})

    return {"sign-in": sign_in, "reset": reset, "invitation": invite, "look-up": look_up}


def people(count: int, password: str) -> None:
    """Accounts that do not allow being found, with a proved address and a password."""
    from allauth.account.models import EmailAddress

    from midline.people.models import User

    made = [
        User(email=address(n, True), first_name="Hidden", last_name="Person", findable=User.Findable.NOBODY, password=password)
        for n in range(count)
    ]
    users = User.objects.bulk_create(made)
    EmailAddress.objects.bulk_create([EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users])


def address(n: int, has_account: bool) -> str:
    """Addresses that only a look into the table tells apart: which of a pair has the account is drawn by lot."""
    return f"person{2 * n + (has_account ^ bool(random.Random(n).getrandbits(1))):06}@example.org"


def measured(ask: Callable[[int, str], Any], pairs: int) -> dict[str, Any]:
    taken: dict[bool, list[float]] = {True: [], False: []}
    status: dict[bool, set[int]] = {True: set(), False: set()}
    gc.disable()
    for n in range(pairs + WARM_UP):
        for has_account in random.sample((True, False), 2):
            request = ask(n, address(n, has_account))
            began = time.perf_counter()
            response = request()
            spent = time.perf_counter() - began
            if n >= WARM_UP:
                taken[has_account].append(spent * 1000)
                status[has_account].add(response.status_code)
        if n % 100 == 0:
            gc.collect()
    gc.enable()
    accounts, nobody = np.array(taken[True]), np.array(taken[False])
    return {
        "auc": round(auc(accounts, nobody), 3),
        "account_ms": round(float(np.median(accounts)), 2),
        "nobody_ms": round(float(np.median(nobody)), 2),
        "same_status": status[True] == status[False] and len(status[True]) == 1,
    }


def auc(longer: Times, shorter: Times) -> float:
    """The chance that one of `longer` is above one of `shorter` (Mann and Whitney 1947); equal times count half."""
    values, place = np.unique(np.concatenate([longer, shorter]), return_inverse=True)
    counts = np.bincount(place, minlength=len(values))
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    n, m = len(longer), len(shorter)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def told(row: dict[str, Any]) -> None:
    within = "within" if 0.45 <= row["auc"] <= 0.55 else "NOT within"
    print(f"{row['question']}: AUC {row['auc']:.3f}, {within} 0.45 to 0.55", json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())

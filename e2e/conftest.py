"""A served product and a Chromium for every journey; a picture of each page stays in e2e/artifacts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from e2e.portal import ROOT, Portal, loaded

FLAGS = [
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    running = loaded(tmp_path_factory.mktemp("portal"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


class Desk:
    """One person at one browser. Every script error and every request that leaves the origin fails the journey."""

    def __init__(self, context: BrowserContext, portal: Portal, folder: Path) -> None:
        self.context, self.portal, self.folder = context, portal, folder
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text) if "Content Security Policy" in message.text else None)
        context.on("request", lambda request: self._watch(request.url))

    def _watch(self, url: str) -> None:
        if not url.startswith((self.portal.url, "data:", "blob:")):
            self.foreign.append(url)

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.portal.url + path, wait_until="load")

    def sign_in(self, address: str, password: str) -> None:
        self.go("/account/login/")
        self.page.fill("input[name=login]", address)
        self.page.fill("input[name=password]", password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(lambda url: "/account/login" not in url)

    def picture(self, name: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)

    def status_of(self, path: str) -> int:
        """What the server answers this person, with their cookies, outside the page."""
        return self.context.request.get(path if path.startswith("http") else self.portal.url + path, max_redirects=0).status

    def check(self) -> None:
        assert self.faults == []
        assert self.foreign == []


@pytest.fixture(scope="module")
def desks(chromium: Browser, portal: Portal, request: pytest.FixtureRequest) -> Iterator[dict[str, Desk]]:
    """A desk for whoever is asked for, each with cookies of its own."""

    class Desks(dict[str, Desk]):
        def __missing__(self, name: str) -> Desk:
            engine = "postgresql" if portal.database_url.startswith("postgres") else "sqlite"
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", color_scheme="light")
            context.set_default_timeout(20_000)
            self[name] = Desk(context, portal, ROOT / "e2e" / "artifacts" / engine / request.module.__name__.rsplit(".", 1)[-1])
            return self[name]

    made = Desks()
    yield made
    for desk in made.values():
        desk.context.close()

"""First frame, full model, change of stage and heap, in Chromium at 10 Mbit/s with a cold cache: our review page and the rivals', in turns.

Every page is looked at by the same script (`pages/probe.js`), in a canvas of the same size, in a browser context of its own each time.
A page that fails is told, its figures are null, and the others go on.
"""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, StorageState, sync_playwright

from bench.browser_hosts import Review

FLAGS: Final = ("--headless", "--no-sandbox", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")
MBIT: Final = 10
LATENCY_MS: Final = 0
WINDOW: Final = {"width": 1440, "height": 900}
PROBE: Final = Path(__file__).parent / "pages" / "probe.js"
WHOLE: Final = 0.95
"""A frame with this share of the stage's triangles shows the full model."""

LEAST_TRIANGLES: Final = 1_000
PATIENCE_MS: Final = 120_000
PASSWORD: Final = "midline-demo"  # noqa: S105 - the demonstration's, printed by `make demo`
FIGURES: Final = ("first_frame_ms", "full_model_ms", "stage_change_ms", "heap_mb")


@dataclass(frozen=True)
class Shown:
    """A page to measure. act: JavaScript, a function of a stage's number that asks for it; stages: to change to, one after the other."""

    name: str
    address: str
    act: str
    stages: tuple[int, ...]
    signed_in: bool = False


def measured(review: Review, rivals: str, triangles: int, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Name of a page -> medians of FIGURES, `rounds` of each, `why` where it failed. rivals: the origin of their host."""
    found: dict[str, dict[str, list[float]]] = {}
    failed: dict[str, str] = {}
    with chromium() as browser:
        state = signed_in(browser, review.origin)
        width, height = size_of_canvas(browser, review, state)
        size = f"?w={width}&h={height}"
        say(f"canvas {width} × {height}")
        pages = [
            Shown("midline", review.origin + review.path, "(n) => window.midlineViewer.setStage(n)", (10, 20, 5), signed_in=True),
            Shown("stlloader", f"{rivals}/stlloader.html{size}", "(n) => window.bench.stage(n)", (10,)),
            Shown("stlloader_gzip", f"{rivals}/gzip/stlloader.html{size}", "(n) => window.bench.stage(n)", (10,)),
            Shown("online3dviewer", f"{rivals}/online3dviewer.html{size}", "(n) => window.bench.stage(n)", (10,)),
        ]
        for number in range(rounds):
            for page in pages:
                if page.name in failed:
                    continue
                try:
                    once = visit(browser, page, state if page.signed_in else None, triangles)
                except Error as error:
                    failed[page.name] = str(error).splitlines()[0][:300]
                    say(f"{page.name}: FAILED in round {number + 1}: {failed[page.name]}")
                    continue
                for figure, value in once.items():
                    found.setdefault(page.name, {}).setdefault(figure, []).append(value)
                say(f"{page.name}, round {number + 1}: " + ", ".join(f"{figure} {value:,.1f}" for figure, value in once.items()))
    return {page.name: summed(found.get(page.name, {}), failed.get(page.name)) for page in pages}


def summed(rounds: dict[str, list[float]], why: str | None) -> dict[str, Any]:
    """The median of each figure; null for a page that failed before its first round was over."""
    medians: dict[str, Any] = {figure: round(statistics.median(rounds[figure]), 1) if rounds.get(figure) else None for figure in FIGURES}
    medians["rounds"] = len(rounds.get(FIGURES[0], []))
    return medians | ({"why": why} if why else {})


@contextmanager
def chromium() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def signed_in(browser: Browser, origin: str) -> StorageState:
    context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{origin}/account/login/")
    page.locator("input[name=login]").fill("provider@demo.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/account/login" not in address)
    state = context.storage_state()
    context.close()
    return state


def size_of_canvas(browser: Browser, review: Review, state: StorageState) -> tuple[int, int]:
    """Of ours, for the rivals to draw in the same. Warms the server up, too: templates are compiled at the first page."""
    context = browser.new_context(viewport=WINDOW, storage_state=state)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(review.origin + review.path)
    box = page.locator("canvas.mv-canvas").bounding_box(timeout=PATIENCE_MS)
    page.evaluate("() => window.midlineViewer.ready")
    context.close()
    if box is None:
        raise Error("The review page shows no canvas.")
    return round(box["width"]), round(box["height"])


def visit(browser: Browser, shown: Shown, state: StorageState | None, triangles: int) -> dict[str, float]:
    """One cold visit. Raises playwright's Error when the page shows nothing in time."""
    context = browser.new_context(viewport=WINDOW, storage_state=state)  # type: ignore[arg-type]
    try:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(path=PROBE)
        page = context.new_page()
        tools = throttled(context, page)
        full = round(WHOLE * triangles)
        page.goto(shown.address, wait_until="commit")
        first = in_time(page, f"window.benchProbe.shown({LEAST_TRIANGLES})")
        whole = in_time(page, f"window.benchProbe.shown({full})")
        page.wait_for_load_state("networkidle")
        changes = [in_time(page, f"window.benchProbe.changed(() => ({shown.act})({stage}), {full})") for stage in shown.stages]
        return {
            "first_frame_ms": first,
            "full_model_ms": whole,
            "stage_change_ms": statistics.median(changes),
            "heap_mb": heap_mb(tools),
        }
    finally:
        context.close()


def throttled(context: BrowserContext, page: Page) -> CDPSession:
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": False})
    a_second = MBIT * 1e6 / 8
    limits = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": a_second, "uploadThroughput": a_second}
    tools.send("Network.emulateNetworkConditions", limits)
    return tools


def in_time(page: Page, promise: str) -> float:
    """What a promise in the page comes to; the probe is there before any script of the page."""
    late = f"new Promise((_, no) => setTimeout(() => no(new Error('nothing was drawn in {PATIENCE_MS / 1000:.0f} s')), {PATIENCE_MS}))"
    return float(page.evaluate(f"() => Promise.race([{promise}, {late}])"))


def heap_mb(tools: CDPSession) -> float:
    """What scripts hold after a collection: objects and the bytes of typed arrays."""
    for _ in range(2):
        tools.send("HeapProfiler.collectGarbage")
    usage = tools.send("Runtime.getHeapUsage")
    return float(usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6

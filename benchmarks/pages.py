"""Size of a page, and how long Chromium takes to open it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path


def describe(page: Path) -> str:
    """A line about a page: MB, seconds until it has loaded, and the errors that it reports."""
    text = f"{page.name}: {page.stat().st_size / 1e6:.1f} MB"
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return f"{text}; no Chromium here to open it"
    from playwright.sync_api import sync_playwright

    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page()
        view.on("pageerror", lambda error: errors.append(str(error)))
        view.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        start = time.perf_counter()
        view.goto(page.resolve().as_uri(), wait_until="load")
        view.evaluate("() => new Promise(requestAnimationFrame)")
        seconds = time.perf_counter() - start
        browser.close()
    return f"{text}, opened in {seconds:.1f} s, errors: {errors or 'none'}"

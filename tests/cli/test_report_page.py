"""The report of a run of the program itself, as a browser shows it: nothing is loaded, nothing fails, scenes have points, phones need no sideways scrolling."""

import base64
import io
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest
from program import ROOT, SMOKE, command, succeed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Without a GPU: WebGL by the processor. Root may not have Chromium's sandbox.
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]
PATIENCE_MILLISECONDS = 120_000
WIDTHS = {"desk": 1280, "phone": 360}


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    """The smoke study, run to its end, with the report that the program makes then."""
    folder = tmp_path_factory.mktemp("page") / "run"
    environment = os.environ | {"CPLAE_PYTHON": sys.executable, "PYTHONPATH": str(ROOT / "analysis")}
    done = subprocess.run(command("run", SMOKE, "--data", tiny, "--out", folder, "--set", "training.latent_dim=3"), capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0 and f"report: {folder / 'report.html'}" in done.stderr, done.stderr
    return folder


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("no chromium: the report was NOT opened in a browser (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: the report was NOT opened in a browser (pip install playwright)")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


class Shown:
    """The page at one width, and all that the browser complained of or asked for."""

    def __init__(self, browser, path, width, scripts=True):
        self.context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        self.page = self.context.new_page()
        self.complaints, self.asked = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"not loaded: {request.url[:80]}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.page.goto(path.as_uri())

    def outside(self):
        return [url for url in self.asked[1:] if not url.startswith(("data:", "blob:"))]


@pytest.fixture(scope="module", params=WIDTHS)
def shown(request, browser, run):
    made = Shown(browser, run / "report.html", WIDTHS[request.param])
    made.page.wait_for_selector("#scenes[data-ready=yes]")
    yield made
    made.context.close()


def test_nothing_fails_and_nothing_is_loaded(shown):
    assert shown.complaints == []
    assert shown.outside() == []
    broken = shown.page.evaluate("Array.from(document.images).filter(i => !i.complete || !i.naturalWidth).map(i => i.alt)")
    assert broken == [] and shown.page.evaluate("document.images.length") >= 8


def test_page_is_as_wide_as_the_window(shown):
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= shown.page.viewport_size["width"]
    smallest = shown.page.evaluate(
        "Math.min(...Array.from(document.querySelectorAll('p, td, th, dd, figcaption, a, summary')).map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 12, "letters too small for a phone"


def test_scenes_have_all_the_points(shown, run):
    counts = shown.page.evaluate("Array.from(document.querySelectorAll('.scene')).map(s => s.data.reduce((n, t) => n + t.x.length, 0))")
    with h5py.File(run / "results.h5") as file:
        variant = next(name for name in file["variants"] if name.startswith("consensus"))
        present = [int(np.isfinite(file[f"variants/{variant}/latents/{name}"][0, :, 0]).sum()) for name in ("T", "E")]
    assert counts == present and min(present) > 50


def colourful_pixels(png):
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(png)).convert("RGB")
    pixels = np.asarray(image).reshape(-1, 3).astype(int)
    return int(np.sum(pixels.max(axis=1) - pixels.min(axis=1) > 60))


def test_scenes_are_drawn_and_turn_together(shown):
    scenes = shown.page.query_selector_all(".scene")
    for scene in scenes:
        scene.scroll_into_view_if_needed()
        assert colourful_pixels(scene.screenshot()) > 200, "no coloured cell in the picture"
    shown.page.evaluate("Plotly.relayout(document.querySelector('.scene'), {'scene.camera': {eye: {x: 0.5, y: 2, z: 0.25}}})")
    shown.page.wait_for_function(
        "Array.from(document.querySelectorAll('.scene')).every(s => Math.abs(s.layout.scene.camera.eye.y - 2) < 1e-6)"
    )
    assert shown.complaints == []


def test_links_lead_to_files(shown, run):
    links = shown.page.evaluate("Array.from(document.querySelectorAll('a[href]')).map(a => a.getAttribute('href'))")
    assert {"tables/summary.csv", "figures/latents.svg", "figures/latents.pdf"} <= set(links)
    for link in links:
        if link.startswith("#"):
            assert shown.page.query_selector(f'[id="{link[1:]}"]'), link
        elif link.startswith("data:"):
            continue
        elif "://" not in link:
            assert (run / link).is_file(), link


def test_tables_travel_in_the_page(shown, run):
    """A page that was sent by mail has no folder beside it."""
    saved = shown.page.evaluate("Array.from(document.querySelectorAll('#copies a[download]')).map(a => [a.download, a.href])")
    tables = {path.name: path.read_bytes() for path in (run / "tables").glob("*.csv")}
    small = {name: content for name, content in tables.items() if len(content) <= 300_000}
    assert {name: base64.b64decode(link.partition("base64,")[2]) for name, link in saved} == small and len(small) > 15
    words = shown.page.inner_text("#copies")
    assert all(name in words for name in tables)


def test_without_scripts_the_static_picture_is_there(browser, run):
    made = Shown(browser, run / "report.html", 1280, scripts=False)
    assert not made.page.is_visible("#scenes") and made.page.is_visible("#latents ~ figure img")
    made.context.close()


def test_verify_tells_a_report_of_other_tables(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    assert "report.html" not in succeed("verify", copy).stdout
    report = (copy / "report.html").read_text()
    at = report.index('name="cplae-tables" content="') + len('name="cplae-tables" content="')
    (copy / "report.html").write_text(report[:at] + "0" * 64 + report[at + 64 :])
    assert "report.html: is of other tables than those that are there" in succeed("verify", copy).stdout

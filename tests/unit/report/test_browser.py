"""The page in a real browser, at the widths of phones, tablets and desks."""

import shutil

import pytest

from cellglass.report import write_report

pytestmark = pytest.mark.browser
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        held = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield held
        held.close()


@pytest.fixture(scope="module")
def address(full_run, tmp_path_factory):
    return write_report(full_run, tmp_path_factory.mktemp("browser")).as_uri()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_nothing_breaks(browser, address, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    said = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on(
        "request",
        lambda r: said.append(r.url) if not r.url.startswith(("file:", "data:")) else None,
    )
    page.goto(address)
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.evaluate(
        "[...document.querySelectorAll('figure.drawing')].map(f =>"
        " [...f.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width > 0).length)"
    )
    assert set(shown) == {1}  # one layout of each figure
    context.close()


def test_text_can_be_read_in_both_schemes(browser, address):
    ratios = {}
    for scheme in ("light", "dark"):
        page = browser.new_context(color_scheme=scheme).new_page()
        page.goto(address)
        ratios[scheme] = page.evaluate(CONTRAST)
    for scheme, found in ratios.items():
        assert found, scheme
        poor = {text: round(r, 2) for text, r in found if r < 4.5}
        assert not poor, (scheme, poor)


def test_folds_open_on_paper_and_links_open_folds(browser, address):
    page = browser.new_page()
    page.goto(address)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") > 0
    page.goto(address + "#word-auroc")
    assert page.evaluate("document.querySelector('#glossary details').open")


def test_a_table_is_downloaded(browser, address, tmp_path):
    page = browser.new_context(accept_downloads=True).new_page()
    page.goto(address)
    with page.expect_download() as waiting:
        page.locator("a[download]").first.click()
    waiting.value.save_as(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().count("\n") > 1


CONTRAST = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (e) => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0.5) return c; } return [255, 255, 255]; };
  const found = [];
  const wanted = 'p, td, th, li, dd, h2, .badge'.split(', ').map(s => 'main ' + s).join(', ');
  for (const e of document.querySelectorAll(wanted)) {
    if (!e.textContent.trim() || !e.getBoundingClientRect().width) continue;
    const a = lum(parse(getComputedStyle(e).color)), b = lum(paper(e));
    found.push([e.className + ':' + e.textContent.trim().slice(0, 30),
                (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return found;
}"""

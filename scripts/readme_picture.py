"""Take the README's picture of a report: `make picture` or `python scripts/readme_picture.py RUN`.

Needs a Chromium on the path. The picture is the top of the page, in light colours.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "report.png"
WIDTH, HEIGHT = 1280, 1050
MAX_BYTES = 400_000
COLOURS = 128
LOADING = 300_000  # milliseconds; a busy machine takes its time


def picture(report: Path, out: Path, *, height: int = HEIGHT) -> int:
    """Photograph the top of a report; returns the bytes written."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        sys.exit("no chromium on the path: apt-get install -y chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": height}, color_scheme="light")
        page.goto(report.resolve().as_uri(), timeout=LOADING)
        page.wait_for_timeout(500)
        shot = page.screenshot()
        browser.close()
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    # A palette is a third of the size, and a page of text needs few colours.
    image = image.quantize(COLOURS, dither=Image.Dither.NONE)
    out.parent.mkdir(parents=True, exist_ok=True)
    image.save(out, optimize=True)
    return out.stat().st_size


def main() -> None:
    """Read the command line, take the picture, refuse one that is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder, or report.html")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--height", type=int, default=HEIGHT)
    given = parser.parse_args()
    report = given.run / "report.html" if given.run.is_dir() else given.run
    if not report.is_file():
        sys.exit(f"there is no report at {report}: make demo")
    size = picture(report, given.out, height=given.height)
    print(f"{given.out}: {size / 1e3:.0f} kB")
    if size > MAX_BYTES:
        sys.exit(f"more than {MAX_BYTES / 1e3:.0f} kB: take a smaller --height")


if __name__ == "__main__":
    main()

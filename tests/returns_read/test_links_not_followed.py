"""LibreOffice fetches linked pictures as soon as it opens a document; the profile that it is given forbids it."""

from __future__ import annotations

import http.server
import io
import shutil
import threading
import zipfile
from collections.abc import Iterator

import pytest

from toolkit import soffice
from toolkit.returns.read import Reading, read_return

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")

NS = "urn:oasis:names:tc:opendocument:xmlns:"


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """A web server's port, and the paths that were asked of it."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            return None

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running.server_port, asked
    running.shutdown()
    running.server_close()


def linked(port: int) -> bytes:
    """An .odt with a picture and a section that lie elsewhere."""
    content = (
        f'<office:document-content xmlns:office="{NS}office:1.0" xmlns:text="{NS}text:1.0" '
        f'xmlns:draw="{NS}drawing:1.0" xmlns:svg="{NS}svg-compatible:1.0" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2">'
        "<office:body><office:text><text:p>first"
        '<draw:frame svg:width="1cm" svg:height="1cm" text:anchor-type="as-char">'
        f'<draw:image xlink:href="http://127.0.0.1:{port}/picture.png" xlink:type="simple"/></draw:frame></text:p>'
        f'<text:section text:name="s"><text:section-source xlink:href="http://127.0.0.1:{port}/section.odt" '
        'xlink:type="simple"/><text:p>second</text:p></text:section></office:text></office:body>'
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{media}"/>'
        for path, media in (("/", kind), ("content.xml", "text/xml"))
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("mimetype", kind)
        z.writestr("content.xml", content)
        z.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{NS}manifest:1.0">{entries}</manifest:manifest>',
        )
    return out.getvalue()


@pytest.mark.parametrize("guarded", [True, False])
def test_links_are_not_followed(
    server: tuple[int, list[str]], guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = server
    if not guarded:  # what would happen: without it the test above would prove nothing
        monkeypatch.setattr(soffice, "_SETTINGS", ())
    reading = read_return(linked(port))
    assert isinstance(reading, Reading)
    texts = [str(v) for cells in reading.grids[0].rows.values() for v in cells.values()]
    assert texts[0].startswith("first")
    assert ("/picture.png" in asked) is not guarded

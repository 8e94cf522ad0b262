"""Send a scan and its masks to Orthanc and show the masks in the OHIF viewer, in a picture.

    python docs/viewer.py SCANS MASKS OHIF PICTURE.png [SEG|RTSTRUCT]

SCANS is a folder of DICOM, MASKS what ``lungseg predict`` wrote for it, OHIF the folder ``dist`` of
the package @ohif/app (``npm pack @ohif/app``). Needs Orthanc with its DICOMweb plugin, storescu of
DCMTK, and Chromium; Debian has them as orthanc, orthanc-dicomweb, dcmtk and chromium.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ORTHANC, DICOM, PORT = 8042, 4242, 3000
PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
CHROMIUM = "/usr/bin/chromium"
WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
SOURCE = {
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "dicomweb",
    "configuration": {
        **dict.fromkeys(("wadoUriRoot", "qidoRoot", "wadoRoot"), "/dicom-web"),
        **dict.fromkeys(("imageRendering", "thumbnailRendering"), "wadors"),
        "bulkDataURI": {"enabled": True, "relativeResolution": "studies"},
    },
}
SETTINGS = {
    "routerBasename": None,
    "extensions": [],
    "modes": [],
    "defaultDataSourceName": "dicomweb",
    "dataSources": [SOURCE],
}
# Without these OHIF's workers may not share memory.
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class Viewer(SimpleHTTPRequestHandler):
    """OHIF's files, its settings, and Orthanc's DICOMweb, all under one address."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/dicom-web"):
            self._passed_on()
        elif path == "/app-config.js":
            self._send(200, "text/javascript", f"window.config = {json.dumps(SETTINGS)}".encode())
        else:
            if path == "/" or not Path(self.directory, path[1:]).is_file():
                self.path = "/index.html"  # pages of the application
            super().do_GET()

    def _passed_on(self) -> None:
        accept = {"Accept": self.headers.get("Accept", "*/*")}
        request = urllib.request.Request(f"http://localhost:{ORTHANC}{self.path}", headers=accept)
        try:
            with urllib.request.urlopen(request) as answer:
                self._send(answer.status, answer.headers["Content-Type"], answer.read())
        except urllib.error.HTTPError as error:
            self._send(error.code, "text/plain", error.read())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in ISOLATED.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing for each request."""


def orthanc(folder: Path) -> subprocess.Popen[bytes]:
    """An empty archive that takes anything."""
    settings = {
        **dict.fromkeys(("StorageDirectory", "IndexDirectory"), str(folder)),
        "HttpPort": ORTHANC,
        "DicomPort": DICOM,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowStore": True,
        "Plugins": [PLUGIN],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings))
    return subprocess.Popen(["Orthanc", file], stderr=subprocess.DEVNULL)


def asked(path: str) -> Any:
    with urllib.request.urlopen(f"http://localhost:{ORTHANC}{path}") as answer:
        return json.load(answer)


def wait_for_archive(seconds: int = 60) -> None:
    """Return when Orthanc answers."""
    for _ in range(seconds):
        try:
            asked("/system")
            return
        except OSError:
            time.sleep(1)
    sys.exit("Orthanc does not answer")


def photograph(study: str, kind: str, picture: Path) -> None:
    """Open a study, load its masks, and go to the middle of the scan."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *WEBGL]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"http://localhost:{PORT}/viewer?StudyInstanceUIDs={study}")
        page.get_by_text("Skip all").click(timeout=120_000)
        page.get_by_text("Confirm and hide").click()
        page.get_by_text(kind, exact=True).first.dblclick()
        page.get_by_text("Yes", exact=True).click(timeout=120_000)
        page.wait_for_timeout(10_000)
        page.mouse.move(800, 450)
        for _ in range(25):
            page.mouse.wheel(0, 100)
            page.wait_for_timeout(200)
        page.wait_for_timeout(3_000)
        page.screenshot(path=picture)
        browser.close()


def main(scans: Path, masks: Path, ohif: Path, picture: Path, kind: str = "SEG") -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = orthanc(Path(folder))
        server = ThreadingHTTPServer(("localhost", PORT), partial(Viewer, directory=str(ohif)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            wait_for_archive()
            send = ["storescu", "-R", "+sd", "+r", "+sp", "*.dcm", "localhost", str(DICOM)]
            for source in (scans, masks):
                subprocess.run([*send, source], check=True)
            print(f"Orthanc has {asked('/statistics')['CountInstances']} instances")
            (study,) = asked("/studies?expand")
            photograph(study["MainDicomTags"]["StudyInstanceUID"], kind, picture)
        finally:
            server.shutdown()
            archive.terminate()
            archive.wait()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]), *sys.argv[5:])

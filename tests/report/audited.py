"""Cohorts to audit."""

import numpy as np

from lungseg.data.cohort import Cohort

ALIGNMENT = {
    "flip": [True, True, False],
    "score": 0.84,
    "margin": 0.45,
    "scores": {"": 0.1, "x": 0.39, "y": 0.38, "yx": 0.26, "z": -0.12, "zx": 0.08, "zy": 0.84,
               "zyx": 0.06},
}  # fmt: skip
HU = {"0.5": -1024, "5": -1000, "25": -990, "50": -850, "75": -300, "95": 40, "99.5": 400}
EVIL = '<script>alert(1)</script>"&'


def finding(code, severity, text="something is so"):
    return {"code": code, "severity": severity, "text": text}


def case(name, findings=(), alignment=None, **figures):
    audit = {"findings": list(findings)} | ({"alignment": alignment} if alignment else {})
    return {
        "format": 2,
        "case": name,
        "affine": np.eye(4).tolist(),
        "spacing_mm": [3.0, 0.5, 0.25],
        "content_sha256": "c" * 64,
        "image_sha256": "d" * 64,
        "audit": audit,
        "fingerprint": {"sex": "F", "scanner": "Maker M1", "synthetic": False, "n_slices": 10,
                        "shape": [10, 500, 512],
                        "n_empty": 4, "n_voxels": 1000, "n_positive": 80, "hu_percentiles": HU}
        | figures,
    }  # fmt: skip


def cohort(*cases, failed=None, patients=None):
    return Cohort("store", {one["case"]: one for one in cases}, patients or {}, failed or {})


def picture(_):
    return np.full((200, 608, 3), 90, np.uint8)


def without_mask(name, findings=()):
    return case(name, findings, n_empty=None, n_positive=None) | {"mask": False}


def shown(browser, text, tmp_path):
    (tmp_path / "audit.html").write_text(text)
    tab = browser.new_page(viewport={"width": 400, "height": 800})
    tab.goto(f"file://{tmp_path / 'audit.html'}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    return tab

"""The audit: figures by hand, a page for a person, nothing of the data taken for HTML."""

import csv
import io
import json
import subprocess
import sys

import pytest

from lungseg.report.audit import audit_csv, audit_json, failed_cases
from lungseg.report.audit_page import audit_html
from tests.report.audited import ALIGNMENT, HU, cohort, finding, picture, without_mask


def test_csv_by_hand(mixed):
    rows = {row["case"]: row for row in csv.DictReader(io.StringIO(audit_csv(mixed)))}
    assert list(rows) == ["a", "b", "c", "d"]
    a = {key: value for key, value in rows["a"].items() if not key.startswith("hu_")}
    assert a == {
        **{"case": "a", "status": "prepared", "patient": "a", "slices": "10"},
        **{"empty_share": "0.4", "positive_share": "0.08", "lung_ml": "0.03"},  # 80 × 0.375 mm³
        **{"spacing_z_mm": "3", "spacing_y_mm": "0.5", "spacing_x_mm": "0.25"},
        **{"mask": "yes", "sides": "no", "sex": "F", "scanner": "Maker M1"},
        **{"flip": "zy", "alignment_score": "0.84", "alignment_lead": "0.45"},
        **{"n_error": "0", "n_warning": "0", "n_info": "0", "findings": "", "reason": ""},
    }
    assert {f"hu_p{p}": str(hu) for p, hu in HU.items()}.items() <= rows["a"].items()
    b = rows["b"]
    assert (b["n_error"], b["n_warning"], b["n_info"]) == ("1", "0", "2")
    assert b["findings"] == "missing-slice padding"
    assert (b["patient"], b["flip"], b["alignment_score"]) == ("a", "", "")
    assert {key: value for key, value in rows["d"].items() if value} == {
        "case": "d",
        "status": "failed",
        "reason": "the mask file is damaged",
    }


def test_json_by_hand(mixed):
    content = json.loads(audit_json(mixed))
    assert content["n_cases"] == 3
    assert content["n_failed"] == 1
    assert content["n_patients"] == 2
    assert content["n_slices"] == 50
    assert content["empty_share"] == pytest.approx(8 / 50)
    assert content["positive_share"] == pytest.approx(360 / 3000)
    assert content["n_findings"] == {"error": 1, "warning": 1, "info": 2}
    assert content["failed"] == {"d": "the mask file is damaged"}
    assert content["cases"]["a"]["alignment"] == ALIGNMENT
    assert [one["severity"] for one in content["cases"]["b"]["findings"]] == [
        "error",
        "info",
        "info",
    ]
    assert content["cases"]["b"]["findings"][0] == finding("missing-slice", "error")


def test_nothing_prepared_at_all():
    nothing = cohort(failed={"a": "no volume"})
    assert json.loads(audit_json(nothing))["empty_share"] is None
    assert audit_csv(nothing).splitlines()[1].startswith("a,failed,")
    assert "0 of 1 case prepared" in audit_html(nothing, picture)


def test_the_same_cohort_gives_the_same_bytes(mixed):
    for write in (audit_csv, audit_json, lambda one: audit_html(one, picture)):
        assert write(mixed) == write(mixed)


def test_what_is_not_known_without_mask_is_left_empty(mixed):
    some = cohort(*mixed.cases.values(), without_mask("n"))
    (row,) = [r for r in csv.DictReader(io.StringIO(audit_csv(some))) if r["case"] == "n"]
    unknown = {"empty_share", "positive_share", "lung_ml", "flip", "alignment_score"}
    assert {row[key] for key in unknown} == {""}
    assert (row["mask"], row["sides"], row["slices"], row["hu_p50"]) == ("no", "no", "10", "-850")
    content = json.loads(audit_json(some))
    assert content["n_without_mask"] == 1
    assert content["empty_share"] is content["positive_share"] is None  # of three cases of four
    assert content["cases"]["n"]["lung_ml"] is None
    assert content["cases"]["a"]["empty_share"] == 0.4
    assert json.loads(audit_json(mixed))["n_without_mask"] == 0


def test_failed_cases_in_words():
    assert failed_cases(["a"]) == "1 case could not be prepared and is left out: a"
    assert failed_cases(list("abcdefgh")) == (
        "8 cases could not be prepared and are left out: a, b, c, d, e, f and 2 more"
    )


def test_nothing_heavy_is_imported():
    """The audit is part of every preparation, and must not cost seconds of imports."""
    code = (
        "import sys, lungseg.report.audit, lungseg.report.audit_page, lungseg.data.preview;"
        "print([m for m in ('torch', 'pandas', 'matplotlib', 'plotly', 'scipy', 'zarr')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The files of the audit that a store has beside its cases."""

from __future__ import annotations

from lungseg.data.cohort import Cohort
from lungseg.data.pages import Pages
from lungseg.data.store import open_preview


def make_audit(cohort: Cohort) -> dict[str, str]:
    """Texts of the files, by name."""
    from lungseg.report.audit import audit_csv, audit_json
    from lungseg.report.audit_page import audit_html

    return {
        "audit.csv": audit_csv(cohort),
        "audit.json": audit_json(cohort),
        "audit.html": audit_html(cohort, lambda name: open_preview(cohort.store, name)),
    }


AUDIT = Pages(("audit.csv", "audit.json", "audit.html"), make_audit)

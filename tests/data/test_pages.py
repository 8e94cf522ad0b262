"""Files beside the cases of a store."""

from lungseg.data.pages import Pages
from lungseg.data.prepare import prepare
from lungseg.sources.lctsc import LctscFolder


def test_pages_are_beside_the_cases_and_made_when_needed(three_cases, tmp_path):
    made = []

    def pages(cohort):
        made.append(cohort.names)
        return {"audit.txt": " ".join(cohort.names)}

    for _ in range(2):
        prepare(LctscFolder(three_cases), tmp_path / "store", pages=Pages(("audit.txt",), pages))
    assert len(made) == 1
    (tmp_path / "store" / "audit.txt").unlink()
    prepare(LctscFolder(three_cases), tmp_path / "store", pages=Pages(("audit.txt",), pages))
    assert len(made) == 2
    assert (tmp_path / "store" / "audit.txt").read_text() == "Case_000 Case_001 Case_002"

"""Test results of a model by what is known of the cases."""

from __future__ import annotations

from typing import Any

from lungseg.evaluation.groupings import LABELS, UNKNOWN, groupings
from lungseg.evaluation.subgroups import subgroups
from lungseg.report.card_facts import Facts
from lungseg.report.subgroup_rows import subgroup_rows

BY = (*LABELS, "slice_spacing", "pixel_spacing", "lung_volume")
"""Never columns of a table of the user's, whose values may name a place."""
LEAST = 2
"""Cases of a group that is shown: one case is no group, and a person."""


def group_rows(facts: Facts) -> list[list[str]]:
    """A row for each group of at least two test cases, where cohort and evaluation are there.

    They are computed anew: an evaluation may have been asked for other groups.
    """
    if facts.run is None or facts.cohort is None:
        return []
    table = facts.run.cases
    known = facts.cohort.cases
    rows: dict[str, dict[str, Any]] = {
        record["case"]: record
        for record in table[table["split"] == "test"].to_dict("records")
        if record["case"] in known
    }
    known_by = [one for one in groupings(facts.cohort, BY) if one.groups != (UNKNOWN,)]
    made = subgroups(known_by, rows, facts.cohort.patients)
    return subgroup_rows(made, least=LEAST)

"""Groups on a page: values of the summary, few cases marked, missed lungs counted."""

import re

from lungseg.report.subgroup_rows import subgroup_rows
from tests.report.evaluated import evaluation, origin, text_of


def numbers(n, missed=0):
    number = {"value": 0.9, "n": n, "n_missed": missed, "ci95": [0.85, 0.94]}
    keys = ("volume_dsc_mean", "hd95_mm_mean", "msd_mm_mean", "surface_dice_2mm_mean")
    return {"n_cases": n, "n_patients": n - 1, **dict.fromkeys(keys, number)}


GROUPS = {"sex": {"F": numbers(10), "M": numbers(9, missed=2)}, "pixel_spacing": {"x": numbers(2)}}


def test_few_cases_and_missed_lungs_are_marked():
    rows = subgroup_rows(GROUPS)
    assert [row[:4] for row in rows] == [
        ["sex", "F", "10", "9"],
        ["sex", "M", "9 (few, 2 missed)", "8"],
        ["pixel spacing", "x", "2 (few)", "1"],
    ]
    assert rows[0][4:8] == ["0.9000", "0.8500 to 0.9400", "0.90", "0.85 to 0.94"]
    assert [row[1] for row in subgroup_rows(GROUPS, least=10)] == ["F"]


def test_the_page_has_the_table_where_there_are_groups(tmp_path):
    made = evaluation()
    assert 'id="subgroups"' not in text_of(made, origin(), tmp_path)
    made.summary["test"]["subgroups"] = {"sex": {"F<b>": numbers(9)}}
    made.summary["train"]["subgroups"] = {"sex": {"never shown": numbers(9)}}
    page = text_of(made, origin(), tmp_path)
    section = page.split('id="subgroups"')[1].split("<h2")[0]
    cells = re.findall("<td>(.*?)</td>", section)
    assert cells[:4] == ["sex", "F&lt;b&gt;", "9 (few)", "8"]
    assert "fewer than 10 cases says little" in section
    assert "never shown" not in page

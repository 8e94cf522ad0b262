"""A model card: its numbers are those of the evaluation and the cohort; it names nobody."""

import dataclasses
import html
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t

from lungseg.data.cohort import Cohort
from lungseg.report.card import model_card
from lungseg.report.card_facts import Facts, evaluated_run
from lungseg.report.card_files import as_markdown, write_card
from lungseg.report.network_input_words import seen
from lungseg.runs.read import Run
from tests.report.evaluated import evaluation

METADATA = {
    "lungseg": "1", "name": "UNet", "precision": "fp32", "trained_precision": "32-true",
    "threshold": 0.5, "size_multiple": 8, "checkpoint_sha256": "a" * 64, "cohort_sha256": "b" * 64,
    "intensity": {"name": "Window", "lower": -1000.0, "upper": 400.0}, "postprocess": None,
    "domain": {"pixel_mm": [0.7, 0.9], "slice_mm": [3.0, 5.0]},
}  # fmt: skip
CASE_KEYS = ("volume_dsc_mean", "hd95_mm_mean", "msd_mm_mean", "surface_dice_2mm_mean")
SCANNERS = ("A|B <script>", "C", "D", "D")


def cohort_of(sexes=("F", "M", "F", "F"), scanners=SCANNERS):
    return Cohort("store", {
        f"Case_{k:03d}": {
            "content_sha256": "0", "spacing_mm": [3.0 + k // 2, 0.8, 0.8],
            "fingerprint": {"sex": sex, "scanner": scanner, "n_slices": 100 + k, "n_empty": k,
                            "n_voxels": 10, "n_positive": 5, "synthetic": False},
        }
        for k, (sex, scanner) in enumerate(zip(sexes, scanners, strict=True))
    })  # fmt: skip


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """Two cases of training, two of test: sexes F, M; F, F."""
    made = evaluation()
    cases = made.cases.copy()
    cases.loc[cases["split"] == "test", ["dsc", "hd95_mm"]] = [[0.95, 4.25], [0.85, 11.0]]
    keys = [side + key for side in ("", "right_", "left_") for key in CASE_KEYS]
    made_up = {key: {"value": 0.51 + k / 50, "n": 2, "ci95": [0.505 + k / 50, 0.517 + k / 50]}
               for k, key in enumerate(keys)}  # fmt: skip
    summary = made.summary | {"test": made.summary["test"] | made_up}
    run = Run("run", tmp_path_factory.mktemp("run"), "completed", summary=summary, cases=cases,
              threshold=0.5)  # fmt: skip
    split = {"train": ["Case_000", "Case_001"], "test": ["Case_002", "Case_003"]}
    return Facts("c" * 64, METADATA, 483153, split, run, cohort_of())


def text_of(facts):
    return as_markdown(model_card(facts))


@pytest.mark.parametrize(
    ("intensity", "shown"),
    [
        ({"name": "Window", "lower": -1000.0, "upper": 400.0}, "-1000 to 400 HU"),
        (
            {"name": "Windows", "windows": [[-1000.0, 400.0], [-160.0, 240.0]]},
            "-1000 to 400 HU, -160 to 240 HU",
        ),
        (
            {"name": "Stretch", "knots": [[-1024.0, 0.0], [0.0, 0.9], [600.0, 1.0]]},
            "Stretch: -1024 to 600 HU",
        ),
    ],
)
def test_the_range_of_hu(facts, intensity, shown):
    about = dataclasses.replace(facts, metadata=METADATA | {"intensity": intensity})
    assert f"| window | {shown} |" in text_of(about)


def rows_of(text, title):
    section = text.split(f"## {title}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section.splitlines()
        if line.startswith("|")
    ]


def test_what_it_was_trained_on_is_counted_from_the_training_cases(facts):
    rows = dict(row[:2] for row in rows_of(text_of(facts), "Trained on"))
    expected = {"cases": "2", "slices": "201", "slices without lung": "1", "sex": "F: 1, M: 1",
                "pixel spacing, mm": "0.7", "slice spacing, mm": "3"}  # fmt: skip
    assert expected.items() <= rows.items()


def test_each_tested_number_is_that_of_the_summary(facts):
    test = facts.run.summary["test"]
    rows = rows_of(text_of(facts), "Tested")[2:]
    assert len(rows) == 3 * 4 + 3
    keys = {
        "DSC of the volume": ("volume_dsc_mean", 4), "HD95, mm": ("hd95_mm_mean", 2),
        "mean surface distance, mm": ("msd_mm_mean", 2),
        "surface Dice at 2 mm": ("surface_dice_2mm_mean", 4),
        "mean DSC of slices with lung": ("dsc_mean_nonempty", 4),
        "recall, pooled pixels": ("recall", 4), "precision, pooled pixels": ("precision", 4),
    }  # fmt: skip
    sides = {"both lungs": "", "right lung": "right_", "left lung": "left_", "slices": ""}
    for name, side, value, interval, n in rows:
        key, places = keys[name]
        number = test[sides[side] + key]
        ends = [f"{end:.{places}f}" for end in number.get("ci95", [])]
        assert value == f"{number['value']:.{places}f}"
        assert interval == (" to ".join(ends) or "-")
        assert n == f"{number['n']:,}"
    assert sum("to" in row[3] for row in rows) >= 12


def test_groups_are_means_over_their_test_cases(facts):
    """Both are F and of scanner D, at 4 mm; the interval is that of docs/metrics.md, by hand."""
    rows = rows_of(text_of(facts), "By group")[2:]
    assert [row[:4] for row in rows] == [
        ["sex", "F", "2 (few)", "2"],
        ["scanner", "D", "2 (few)", "2"],
        ["slice spacing", "above 3 mm", "2 (few)", "2"],
        ["pixel spacing", "above 0.7 to 0.85 mm", "2 (few)", "2"],
        ["lung volume", "above 0.0096 to 0.0128 ml", "2 (few)", "2"],  # 5 voxels of 2.56 mm³
    ]
    cases = facts.run.cases[facts.run.cases["split"] == "test"]
    dsc = cases["dsc"].to_numpy()
    mean, error = dsc.mean(), dsc.std(ddof=1) / np.sqrt(2)
    reach = 1.2 * t.ppf(0.975, 1) * error / (mean * (1 - mean))
    low, high = expit(logit(mean) + reach * np.array([-1, 1]))
    for row in rows:
        assert row[4:6] == [f"{mean:.4f}", f"{low:.4f} to {high:.4f}"]
        assert row[6] == f"{cases['hd95_mm'].mean():.2f}"


def test_a_group_of_one_person_is_not_shown(facts):
    other = dataclasses.replace(facts, cohort=cohort_of(("F", "F", "F", "M"), "ABCD"))
    rows = rows_of(text_of(other), "By group")[2:]
    assert [row[0] for row in rows] == ["slice spacing", "pixel spacing", "lung volume"]


def test_covariates_of_which_nothing_is_known_are_not_shown(facts):
    """The sex of one training case is known, no scanner."""
    other = dataclasses.replace(facts, cohort=cohort_of(("F", "", "", ""), ("",) * 4))
    rows = rows_of(text_of(other), "By group")[2:]
    assert [row[:2] for row in rows][:1] == [["sex", "unknown"]]
    assert "scanner" not in {row[0] for row in rows}


@pytest.mark.parametrize("missing", ["run", "cohort"])
def test_what_is_not_known_is_said(facts, missing):
    text = text_of(dataclasses.replace(facts, **{missing: None}))
    assert "Not known: sex, scanner and spacing" in text
    assert ("Not tested: no evaluation of these weights" in text) == (missing == "run")
    assert ("The prepared cases were not there" in text) == (missing == "cohort")
    assert "pixel spacing, mm" in text


def test_warnings_come_first(facts):
    run = dataclasses.replace(facts.run, config={"allow_test_selection": True})
    synthetic = cohort_of()
    synthetic.cases["Case_000"]["fingerprint"]["synthetic"] = True
    card = model_card(dataclasses.replace(facts, run=run, cohort=synthetic))
    first = [warning.split(":")[0] for warning in card.warnings]
    assert first == ["Not a medical device", "SYNTHETIC DATA", "allow_test_selection=true",
                     "Tested on 2 cases"]  # fmt: skip
    text = as_markdown(card)
    assert text.index("Not a medical device") < text.index("## ")
    assert "SYNTHETIC" not in text_of(facts)


def test_missed_lungs_are_counted(facts):
    summary = {"test": facts.run.summary["test"] | {
        f"{side}_volume_dsc_mean": {"value": 0.5, "n": 2, "n_missed": n}
        for side, n in (("right", 1), ("left", 2))
    }}  # fmt: skip
    run = dataclasses.replace(facts.run, summary=summary)
    assert "Missed lungs: 3;" in text_of(dataclasses.replace(facts, run=run))
    assert "Missed lungs: 0;" in text_of(facts)


def test_an_int8_file_says_that_it_was_not_tested_itself(facts):
    quantized = dataclasses.replace(facts, metadata=METADATA | {"precision": "int8"})
    assert "the int8 file was not evaluated" in text_of(quantized)
    assert "the int8 file" not in text_of(facts)


class Text(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.words, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.words.append(data)


def test_markdown_that_somebody_edited_stays(facts, tmp_path):
    file = tmp_path / "model.md"
    card = model_card(facts)
    assert write_card(tmp_path / "model.onnx", card)
    first = file.read_text()
    assert write_card(tmp_path / "model.onnx", dataclasses.replace(card, title="Another"))
    assert file.read_text() != first
    for mine in (first.replace("#", "# My", 1), f"{first}\nmine", "mine", ""):
        file.write_text(mine)
        (tmp_path / "model.html").unlink()
        assert not write_card(tmp_path / "model.onnx", card)
        assert file.read_text() == mine
        assert (tmp_path / "model.html").exists()


def test_both_formats_say_the_same_and_headers_of_files_stay_text(facts, tmp_path):
    write_card(tmp_path / "model.onnx", model_card(facts))
    markdown, page = ((tmp_path / f"model{end}").read_text() for end in (".md", ".html"))
    parsed = Text(page)
    assert "script" not in parsed.tags
    assert "A\\|B &lt;script&gt;" in markdown
    seen = " ".join(" ".join(parsed.words).split())
    for row in re.findall(r"^\| (.*) \|$", markdown, re.MULTILINE):
        for cell in re.split(r" (?<!\\)\| ", row):
            if cell.strip("- "):
                assert html.unescape(cell).replace("\\", "") in seen
    numbers = [re.findall(r"\d+\.\d+", text) for text in (html.unescape(markdown), seen)]
    assert set(numbers[0]) == set(numbers[1]) != set()


def test_no_case_is_named(facts):
    assert "Case_" not in text_of(facts)


def test_an_evaluation_of_other_weights_is_not_taken(tmp_path):
    """A checkpoint somewhere is of no run; the command's tests have one that is."""
    record = {"cohort_sha256": "b", "config": {}}
    assert evaluated_run(tmp_path / "a.ckpt", record) is None


def test_what_the_network_sees_is_in_the_card(facts):
    about = facts.metadata | {"input": {"outside": "channel", "crop": "body", "context": 2}}
    text = text_of(dataclasses.replace(facts, metadata=about))
    told = "the outline of the patient as a channel; the box of the patient; 5 slices as channels"
    assert f"| sees | {told} |" in text
    assert "| channels | 6 |" in text
    assert "np.full((1, 6, 512, 512)" in text
    assert "each slice is seen alone" not in text
    plain = text_of(facts)  # a file of an earlier version says nothing of it
    assert "| sees | slices as they are, each alone |" in plain
    assert "| channels | 1 |" in plain
    assert "each slice is seen alone" in plain


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"outside": "soft", "spacing": 1.5}, "outside the patient soft tissue (40 HU); slices resampled to pixels of 1.5 mm"),
        ({"matrix_size": 256}, "slices resampled to 256 pixels along the longer side"),
        ({"context": 1, "context_mm": 5.0}, "3 slices as channels, 5 mm apart"),
        ({"outside": "keep", "crop": "none", "context": 0, "spacing": None}, "slices as they are, each alone"),
    ],
)  # fmt: skip
def test_each_setting_in_words(settings, told):
    assert seen(settings) == told

"""A second reader beside a model, as it is shown."""

from lungseg.report.second_reader import KEYS, rows


def test_rows():
    dsc = {"value": 0.97123, "n": 3, "ci95": [0.9, 1.0]}
    missed = {"value": 80.5, "n": 3, "n_missed": 1}
    beside = {
        "cases": ["a", "b", "c"],
        "reader": {"volume_dsc_mean": dsc, "right_volume_dsc_mean": dsc},
        "model": {"volume_dsc_mean": {"value": 0.5, "n": 3}, "hd95_mm_mean": missed},
    }
    shown = {name: (reader, model) for name, reader, model in rows(beside)}
    assert len(shown) == len(KEYS)
    reader, model = shown["DSC of the volume"]
    assert (reader.value, reader.interval, reader.n) == ("0.9712", "0.9000 to 1.0000", "3")
    assert (model.value, model.interval, model.n) == ("0.5000", "", "3")
    reader, model = shown["HD95, mm"]
    assert (reader.value, model.value, model.n) == ("-", "80.50", "3, 1 missed")
    assert shown["right lung: DSC of the volume"][0].value == "0.9712"

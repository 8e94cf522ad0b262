"""Reads what ``numbers.csv`` points at, by means of its own."""

import csv
import hashlib
import importlib
import json
import re

import yaml

PHRASES = (
    "95 %", "95th", "HD95", "3 × 3", "3-D", "2 mm", "[0, 1]", "DSC of 0", "Dice 0,", "SHA-256",
    "run 1", "run 2", "(appendix)", "CLAIM 2024", "fig06", "fig08", "1, 1/2, 1/4",
    "(0.8, 0.975]", "up to 0.8", "above 0.975", "[0.999, 1)", "below 0.999", "accuracy 1",
)  # fmt: skip
"""With numbers that belong to the words."""
UNITS = {" h": 3600, " min": 60}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")


def rows(pack):
    with (pack / "numbers.csv").open() as file:
        return list(csv.DictReader(file))


def leaves(value, at=""):
    """Values by dotted key, with indices for lists, and the containers themselves."""
    yield at, value
    items = value.items() if isinstance(value, dict) else (
        enumerate(value) if isinstance(value, list) else ())  # fmt: skip
    for key, each in items:
        yield from leaves(each, f"{at}.{key}" if at else str(key))


def value_of(row, folder, fingerprint):
    """The value that a row points at, read again."""
    file, key = row["file"], row["key"]
    if file == "lungseg":
        module, _, name = key.rpartition(".")
        return getattr(importlib.import_module(module), name)
    if file == "cohort":
        return in_document(dict(leaves(fingerprint)), key)
    if file.endswith(".ckpt"):
        return hashlib.sha256((folder / file).read_bytes()).hexdigest()
    if file == "metrics.csv":
        with (folder / file).open() as opened:
            epochs = list(csv.DictReader(opened))
        return (len(epochs) if key == "len(epoch)" else
                sum(float(one["epoch_seconds"]) for one in epochs))  # fmt: skip
    if file == "evaluation/cases.csv":
        with (folder / file).open() as opened:
            if key == "count(test.tp+fn>0)":
                return sum(one["split"] == "test" and int(one["tp"]) + int(one["fn"]) > 0
                           for one in csv.DictReader(opened))  # fmt: skip
            split, case, column = key.split(".")
            return next(float(one[column]) for one in csv.DictReader(opened)
                        if (one["split"], one["case"]) == (split, case))  # fmt: skip
    if file.endswith(".yaml"):
        return yaml.safe_load((folder / file).read_text())[int(key)]
    found = {}
    for name in file.split(" + "):
        found |= dict(leaves(json.loads((folder / name).read_text())))
    return in_document(found, key)


def in_document(found, key):
    """What a key says, where it is more than a key too."""
    if key.startswith("1 - "):
        return 1 - in_document(found, key.removeprefix("1 - "))
    if " + len(" in key:
        return sum(in_document(found, part) for part in key.split(" + "))
    if match := re.fullmatch(r"len\((.*)\)", key):
        return len(found[match[1]])
    if match := re.fullmatch(r"sum\(([\w.]+)\.(\w+)\)", key):
        return sum(one[match[2]] for one in found[match[1]])
    if match := re.fullmatch(r"distinct\((.*)\)", key):
        return len(set(found[match[1]].values()))
    if match := re.fullmatch(r"count\(cases\.\*\.(\w+)=(.*)\)", key):
        return {one[match[1]] for one in found["cases"].values()}, match[2]
    if match := re.fullmatch(r"count\(([\w.]+)=(.*)\)", key):
        return sum(str(value) == match[2] for value in found[match[1]].values())
    return found[key]


def shows(text, value):
    """Whether a text is a value, rounded to the digits that it shows."""
    if isinstance(value, bool) or value is None:
        return text == {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, int | float):
        number = NUMBER.search(text)
        if number is None:
            return False
        plain = number[0].replace(",", "")
        places = len(plain.partition(".")[2])
        exact = value / next((n for unit, n in UNITS.items() if text.endswith(unit)), 1)
        return abs(float(plain) - exact) <= 0.5 * 10**-places * (1 + 1e-6)
    if isinstance(value, list) and text.startswith("[{"):
        return json.loads(text) == value
    if isinstance(value, list):
        return all(
            shows(part, one) for part, one in zip(re.split(", | to ", text), value, strict=True)
        )
    return text == value or (text.endswith("…") and value.startswith(text[:-1]))


def words_of(file):
    """The words of a file of a pack, without what is LaTeX."""
    text = file.read_text()
    if file.suffix == ".csv":
        with file.open() as opened:
            cells = [list(row.values()) for row in csv.DictReader(opened)]
        if file.stem in ("claim", "tripod"):  # numbers of items are the checklist's
            cells = [row[3] for row in cells]
        return "\n".join(one if isinstance(one, str) else "\n".join(one) for one in cells)
    if file.suffix == ".tex":
        text = re.sub(r"\\(begin|end|includegraphics)\b.*", "", text)
        text = re.sub(r"\\(label|cite)\{[^}]*\}|\\allowbreak|\{\}", "", text)
        text = re.sub(r"\\([%_&#$])", r"\1", text).replace("\\,", " ")
        text = re.sub(r"\\[a-zA-Z]+|[{}]", " ", text)
    return text


def unknown_numbers(text, noted):
    """Numbers in a text that stand in none of the noted ones."""
    for phrase in PHRASES:
        text = text.replace(phrase, "")
    text = re.sub(r"\$[^$]*\$|\[@[^\]]*\]|\b[0-9a-f]{12,}…?", "", text)
    known = {number for one in noted for number in NUMBER.findall(one)}
    # With its sign, and without: "-27 to 3", "1-2".
    return [number for number in NUMBER.findall(text)
            if number not in known and number.lstrip("-") not in known]  # fmt: skip

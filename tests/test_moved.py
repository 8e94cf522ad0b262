"""Records of earlier versions name classes by where they stood then."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from lungseg.apps.prepare import store_path
from lungseg.config import build, conf_dir
from lungseg.moved import current_names, first_names
from lungseg.runs.resume import differences

OLD = {
    "split": {"_target_": "lungseg.data.splits.Fraction", "test": 0.5},
    "data": {"source": {"_target_": "lungseg.data.sources.phantom.PhantomFolder"}},
    "callbacks": [{"_target_": "pytorch_lightning.callbacks.EarlyStopping"}],
}


def test_names_of_before_become_those_of_today_and_back():
    new = current_names(OLD)
    assert new["split"]["_target_"] == "lungseg.splits.Fraction"
    assert new["data"]["source"]["_target_"] == "lungseg.sources.phantom.PhantomFolder"
    assert new["callbacks"] == OLD["callbacks"]
    assert current_names(new) == new
    assert first_names(new) == OLD


def test_what_only_begins_alike_stays():
    assert current_names("lungseg.data.splits_of_mine.Split") == "lungseg.data.splits_of_mine.Split"
    assert current_names("lungseg.data.intensity.Window") == "lungseg.data.intensity.Window"


def test_a_yaml_of_before_still_builds():
    split = build(OLD["split"], "split")
    assert type(split).__module__.startswith("lungseg.splits")


def test_a_moved_class_is_not_another_setting():
    # Whatever the key: here one by which a resumed run would be refused.
    old, new, other = (
        {"model": {"_target_": f"lungseg.{place}"}}
        for place in ("data.splits.Fraction", "splits.Fraction", "splits.KFold")
    )
    assert differences(old, new) == {}
    assert list(differences(old, other)) == ["model._target_"]


def test_the_default_store_is_found_where_earlier_versions_put_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir("/")  # the digest contains the absolute path of the source
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("prepare", overrides=["data.root=/phantom"])
    assert store_path(config) == Path("outputs/prepared/phantom-00765104")

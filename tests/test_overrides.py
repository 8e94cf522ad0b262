"""Values that Hydra's grammar would not take, or would take for something else."""

import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lungseg.config import compose
from lungseg.overrides import quoted_overrides

NAMES = (
    *("Röntgen", "肺CT", "run (2)", "A&B", "x=1", "it's", "[x]", "[x", "a#b", "a~b", "a,b"),
    *('say "a"', '"a"', "'a'", "a\\", 'a\\"', "\\", "${a}", "a\\${b", "{a: 1}", " a ", "choice(a)"),
    *("2024_01", "1e3", "true", "a, b", "R\udcf6ntgen", "a:b", "a!b", "%s", "\u2028", "😀"),
)
# What a folder can be called here: bytes of UTF-8, or single bytes that are none (surrogates).
CHARACTERS = st.characters(exclude_characters="\0\n/", exclude_categories=("Cs",))
TEXT = st.text(CHARACTERS | st.sampled_from("\\\"'${}[](),=~ #\udc80"), min_size=1, max_size=40)


def root(*words):
    return compose("prepare", ["data=tcia", *words]).data.root


def is_file_name(name):
    return name not in (".", "..") and len(os.fsencode(name)) <= 255


@pytest.mark.slow
@given(TEXT.filter(is_file_name))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("${oc.env:HOME}").via("an interpolation")
@example("a\\${b}").via("an escaped interpolation")
def test_any_folder_arrives_as_it_is_called(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("any") / name
    folder.mkdir()
    assert root(f"data.root={folder}") == str(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_below_the_working_folder(name, tmp_path, monkeypatch):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert root(f"data.root={name}") == name


# Without a folder of that name these mean what they mean to Hydra: a sweep, an interpolation.
READ_BY_HYDRA = ("a,b", "a, b", "${a}", " a ")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in READ_BY_HYDRA])
@pytest.mark.parametrize("key", ["output", "hydra.run.dir", "data.store", "split.file"])
def test_a_path_need_not_be_there_yet(name, key):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    path = f"new/{name}"
    (word,) = quoted_overrides([f"{key}={path}"])
    (override,) = OverridesParser.create().parse_overrides([word])
    assert override.key_or_group == key
    assert override.value() == path


@pytest.mark.parametrize("name", [name for name in NAMES if name != 'a\\"'])
def test_quotes_that_lightning_puts_around_a_run_folder(name):
    """Without a look at the quotes in it; see its ``_hydra_subprocess_cmd``."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    (word,) = quoted_overrides([f'hydra.run.dir="out/{name}"'])
    (override,) = OverridesParser.create().parse_overrides([word])
    assert override.value() == f"out/{name}"


AS_TYPED = (
    *("loss.alpha=0.5", "loss.alpha=0.2,0.5", "loss.alpha=choice(0.2,0.5)", "loss.alpha=range(1,3)"),
    *("data.root=${oc.env:HOME}", 'data.root="case/run (2)"', "data.root=null", "~scheduler"),
    *("data.labels={left: [1], right: [2]}", "split.test=[Case_002,Case_005]", "seed=2024_01"),
    *("+new.key=[]", "data.root=", "model=unet", "-m", "--info", "--config-dir=Ü"),
    # slips, which Hydra refuses
    *("loss.alpha=0.5)", "split.test=[Case_002", "data.labels={left: [1]", "loss.alpha"),
    *("data.root=~/scans", "däta.root=x", "a b=ä", 'reference="ä', "loss.alpha=range(1,2"),
    "split.test=[Case_002,/",
)  # fmt: skip


@pytest.mark.parametrize("sweep", [(), ("-m",)])
@pytest.mark.parametrize("word", AS_TYPED)
def test_words_that_stay_as_they_are(word, sweep):
    assert quoted_overrides([word, *sweep]) == [word, *sweep]


def test_the_value_of_a_flag_is_no_override():
    assert quoted_overrides(["--config-dir", "a=ä"]) == ["--config-dir", "a=ä"]


# By hand: what is typed, and what Hydra is to be given.
LISTS = {
    "data.lungs.right=[右肺]": 'data.lungs.right=["右肺"]',
    "data.lungs.right=[右肺, Lung_R,'左, 肺']": "data.lungs.right=[\"右肺\",Lung_R,'左, 肺']",
    "runs=[a (1),b,it's/[c,d]]": 'runs=["a (1)",b,"it\'s/[c,d]"]',
    "runs=2024_01": 'runs="2024_01"',
    "data.images={case}/Bild_ä.nii": 'data.images="{case}/Bild_ä.nii"',
    "data.masks={case}_seg.nii": 'data.masks="{case}_seg.nii"',
    "data.root=${oc.env:HOME}/ä": 'data.root="${oc.env:HOME}/ä"',
    "+data.note=ä": '+data.note="ä"',
}


@pytest.mark.parametrize("typed", LISTS)
def test_lists_and_patterns(typed):
    assert quoted_overrides([typed]) == [LISTS[typed]]


def test_items_of_a_list_that_are_paths_with_numbers_for_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2024_01").mkdir()
    assert quoted_overrides(["runs=[2024_01,3]"]) == ['runs=["2024_01",3]']
    (tmp_path / "[2024_01,3]").mkdir()
    assert quoted_overrides(["runs=[2024_01,3]"]) == ['runs="[2024_01,3]"']


def test_a_sweep_over_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert quoted_overrides(["-m", "data.root=Röntgen,run (2)"])[1] == (
        'data.root="Röntgen","run (2)"'
    )
    assert quoted_overrides(["-m", 'data.root="ä, b",run (2)'])[1] == 'data.root="ä, b","run (2)"'
    # In a choice Hydra would give the jobs the words without their quotes, and then not read them.
    assert quoted_overrides(["-m", "data.root=choice(肺,a)"])[1] == 'data.root="肺",a'
    assert quoted_overrides(["-m", "model.depth=choice(1,2)"])[1] == "model.depth=choice(1,2)"
    (tmp_path / "a,b").mkdir()
    assert quoted_overrides(["-m", "data.root=a,b"])[1] == "data.root=a,b"
    assert quoted_overrides(["data.root=a,b"]) == ['data.root="a,b"']

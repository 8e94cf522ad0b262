import time

import pytest
from optuna.trial import TrialState

from lungseg.errors import ConfigError
from lungseg.search.space import read_space
from lungseg.search.storage import TIMEOUT_SECONDS, journal_path, lost_storage, open_storage
from lungseg.search.study import Claims, is_open, open_study
from tests.search.conftest import SPACE, settings

FACTS = {
    "space": read_space(SPACE).facts(),
    "objectives": {"val/dsc": "maximize"},
    "settings": {"trainer.max_epochs": 10},
}
OTHER = {
    "space": (
        read_space(SPACE | {"loss.alpha": {"low": 0, "high": 0.5}}).facts(),
        "another search space of loss.alpha: float 0.0 to 1.0, now float 0.0 to 0.5",
    ),
    "objectives": (
        {"val/loss": "minimize"},
        r"started with objective val/dsc \(maximize\), now val/loss \(minimize\); resume",
    ),
    "settings": ({"trainer.max_epochs": 20}, "another trainer.max_epochs: 10, now 20"),
}


@pytest.mark.parametrize("part", OTHER)
def test_another_study_of_the_same_name_is_refused(tmp_path, part):
    storage = open_storage(None, str(tmp_path), "quick")
    study_id = open_study(storage, settings(), FACTS)
    assert open_study(storage, settings(), FACTS) == study_id
    changed, message = OTHER[part]
    with pytest.raises(ConfigError, match=message):
        open_study(storage, settings(), FACTS | {part: changed})


def test_a_study_of_an_earlier_version_is_the_same(tmp_path):
    """It noted settings of speed and place too; they may differ."""
    storage = open_storage(None, str(tmp_path), "quick")
    more = {"parallel.n_jobs": 1, "stop_on_error": False, "trainer.num_sanity_val_steps": 0}
    earlier = FACTS | {"settings": {**FACTS["settings"], **more}}
    study_id = open_study(storage, settings(), earlier)
    assert open_study(storage, settings(), FACTS) == study_id


def test_a_study_from_before_an_argument_came_is_the_same_at_its_default(tmp_path):
    storage = open_storage(None, str(tmp_path), "quick")
    earlier = {"loss._target_": "lungseg.losses.ComboLoss"}
    study_id = open_study(storage, settings(), FACTS | {"settings": earlier})
    now = earlier | {"loss.empty": "count"}
    assert open_study(storage, settings(), FACTS | {"settings": now}) == study_id
    with pytest.raises(ConfigError, match="another loss.empty: none, now skip"):
        open_study(storage, settings(), FACTS | {"settings": now | {"loss.empty": "skip"}})


def test_a_study_that_is_not_ours_is_left_alone(tmp_path):
    import optuna

    storage = open_storage(None, str(tmp_path), "quick")
    optuna.create_study(study_name="quick", storage=storage).ask()
    with pytest.raises(ConfigError, match="that lungseg did not make"):
        open_study(storage, settings(), FACTS)


def test_a_study_whose_maker_was_killed_is_taken_up(tmp_path, monkeypatch):
    import optuna

    from lungseg.search import study

    monkeypatch.setattr(study, "FACTS_SECONDS", 0.0)
    storage = open_storage(None, str(tmp_path), "quick")
    made = optuna.create_study(study_name="quick", storage=storage, direction="maximize")
    open_study(storage, settings(), FACTS)
    assert made.user_attrs["lungseg"] == FACTS


def test_one_more_than_needed_is_given_back(tmp_path):
    storage = open_storage(None, str(tmp_path), "quick")
    claims = Claims(storage, open_study(storage, settings(), FACTS), 1, lambda number: False)
    assert claims.claim() is not None
    assert claims.claim() is None
    assert claims.counts() == (0, 1)


def test_a_trial_is_open_until_it_is_closed(tmp_path):
    storage = open_storage(None, str(tmp_path), "quick")
    claims = Claims(storage, open_study(storage, settings(), FACTS), 1, lambda number: False)
    trial = claims.claim()
    assert is_open(storage, "quick", trial.number)
    claims.finish(trial._trial_id, TrialState.FAIL)
    assert not is_open(storage, "quick", trial.number)


def test_half_a_line_of_a_killed_writer_is_taken_back(tmp_path):
    storage = open_storage(None, str(tmp_path), "quick")
    study_id = open_study(storage, settings(), FACTS)
    with journal_path(None, str(tmp_path), "quick").open("ab") as file:
        file.write(b'{"op_code": 4, "worker_id"')
    again = open_storage(None, str(tmp_path), "quick")
    Claims(again, study_id, 3, lambda number: False).claim()
    assert again.get_n_trials(study_id) == 1


@pytest.mark.slow
def test_a_lock_of_a_killed_writer_is_let_go(tmp_path, monkeypatch):
    """Also where the path is relative, which made the lock a link to nowhere."""
    monkeypatch.chdir(tmp_path)
    open_study(open_storage(None, "outputs", "quick"), settings(), FACTS)
    journal = journal_path(None, "outputs", "quick").absolute()
    journal.with_name(journal.name + ".lock").symlink_to(journal)
    open_study(open_storage(None, "outputs", "quick"), settings(), FACTS)


UNREACHABLE = {
    "no server": (
        "postgresql+pg8000://me:geheim@127.0.0.1:1/x",
        r"Can't create a connection to host 127.0.0.1 and port 1; is the server running",
    ),
    "no driver": ("postgresql+nothing://me:geheim@127.0.0.1/x", "driver is not installed"),
    "no URL": ("somewhere", "is not the URL of a storage"),
}


def test_a_server_out_of_reach_is_asked_once():
    begun = time.monotonic()
    with pytest.raises(ConfigError):
        open_storage(UNREACHABLE["no server"][0], "outputs", "quick")
    assert time.monotonic() - begun < TIMEOUT_SECONDS + 1


@pytest.mark.parametrize("case", UNREACHABLE)
def test_a_storage_out_of_reach_is_one_line_without_the_password(case):
    url, message = UNREACHABLE[case]
    with pytest.raises(ConfigError, match=message) as refused:
        open_storage(url, "outputs", "quick")
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_database_is_one_line(postgres):
    with pytest.raises(
        ConfigError, match=r"cannot be used: database .nowhere. does not exist"
    ) as refused:
        open_storage(postgres.replace("/postgres", "/nowhere"), "outputs", "quick")
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_database_that_goes_away_is_one_line():
    from sqlalchemy.exc import OperationalError

    with (
        pytest.raises(ConfigError, match=r"was lost: no route to \*\*\*; the same command") as lost,
        lost_storage("postgresql+pg8000://me:geheim@there/x"),
    ):
        raise OperationalError("select", {}, OSError("no route to geheim"))
    assert "geheim" not in str(lost.value)

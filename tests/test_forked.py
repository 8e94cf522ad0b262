"""A command that is forked does what one in a new process does."""

import pytest


@pytest.mark.parametrize(
    "arguments", [["--version"], ["trian"], ["prepare", "data=lctsc"]], ids=lambda words: words[0]
)
def test_answers_are_those_of_a_new_process(arguments, cli):
    forked, new = cli(*arguments), cli(*arguments, STARTED="anew")
    assert (forked.returncode, forked.stdout) == (new.returncode, new.stdout)
    assert forked.stderr == new.stderr


def test_the_folder_comes_first_in_the_search_path_and_stays_the_childs(cli, tmp_path):
    """A module of the user's beside the command is found; the next command starts as clean."""
    (tmp_path / "mine.py").write_text("raise SystemExit(17)\n")
    loss = "loss={_target_: mine.Loss}"
    assert cli("train", "data=phantom", "split=paper", f"+{loss}").returncode == 17
    (tmp_path / "mine.py").unlink()
    assert "mine" in cli.refused("train", "data=phantom", "split=paper", f"+{loss}")

"""A user's table: what is read from it, and what is refused."""

import pytest

from lungseg.errors import ConfigError
from lungseg.splits import Balanced, LeaveOneSiteOut
from lungseg.splits.covariates import covariates
from tests.splits.cohorts import plain

ABCD = plain("abcd")


@pytest.fixture
def table(tmp_path):
    def write(text):
        (tmp_path / "table.csv").write_text(text)
        return str(tmp_path / "table.csv")

    return write


def test_columns_are_numbers_or_labels_and_go_before_headers(table):
    file = table("\ufeffage,case,sex,site\n60,b,M,\n50,a,F,x\n80,d,F,y\n70.5,c,M,x\n1,other,F,z\n")
    age, sex, site = covariates(ABCD, ["age", "sex", "site"], file)
    assert age.parts.ravel().tolist() == [50, 60, 70.5, 80]
    assert sex.columns == ["F", "M"]
    assert sex.parts[:, 0].tolist() == [1, 0, 0, 1]
    assert site.columns == ["unknown", "x", "y"]


def test_sets_are_even_in_a_column(table):
    file = table("case,age\na,10\nb,20\nc,30\nd,20\n")
    assert Balanced(test=2, balance=["age"], table=file)(ABCD).test in (["a", "c"], ["b", "d"])
    assert Balanced(test=1, balance=["age"], table=file)(ABCD).test == ["b"]


def test_sites_of_a_table(table):
    file = table("case,site\na,1\nb,2\nc,1\nd,2\n")
    assert LeaveOneSiteOut(by="site", site=2, table=file)(ABCD).test == ["b", "d"]
    with pytest.raises(ConfigError, match=r"split.by=siet: no such label; there are site, sex"):
        LeaveOneSiteOut(by="siet", site=2, table=file)(ABCD)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age\n1\n", "has no column 'case'; there are age"),
        ("", "has no column 'case'"),
        ("case;age\na;1\n", "has no column 'case'; there are case;age"),
        ("case,age\na,1\nb,2\nd,1\n", "has no line for c"),
        ("case,age\na,1\nb,2\nc,3\nd,1\nb,2\n", "'b' is listed twice"),
        ("case,age,age\na,1,1\n", "two columns have the same name"),
        ("case,age\na,1,7\n", "line of 'a': more values than there are columns"),
        ("case,age\na,1\nb,old\nc,3\nd,1\n", "age of b: 'old' is not a number, though others are"),
        ("case,age\na,1\nb,\nc,3\nd,1\n", "age of b: no value"),
        ("case,age\na,1\nb\nc,3\nd,1\n", "age of b: no value"),
        ("case,age\na,1\nb,nan\nc,3\nd,1\n", "age of b: 'nan' is not a number"),
        ("case,age\na,1\nb,inf\nc,3\nd,1\n", "age of b: 'inf' is not a number"),
    ],
)
def test_refusals(table, text, message):
    with pytest.raises(ConfigError, match=message) as refused:
        Balanced(test=1, balance=["age"], table=table(text))(ABCD)
    assert "table.csv" not in str(refused.value)  # it may say where the data come from


def test_no_table():
    with pytest.raises(ConfigError, match="split.table: no such file"):
        Balanced(test=1, table="nowhere.csv")(ABCD)

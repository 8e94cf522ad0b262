"""Any text becomes LaTeX that compiles; a pack as a whole does too."""

import re
import shutil
import subprocess

import pytest

from lungseg.report.paper.tex import LETTERS, SIGNS, SPECIAL, code, escaped, table

needs_latex = pytest.mark.skipif(
    not (shutil.which("pdflatex") and shutil.which("bibtex")),
    reason="no pdflatex here (Debian's packages: texlive-latex-recommended, lmodern)",
)


def compiled(folder, *commands):
    for command in commands:
        options = ["-interaction=nonstopmode", "-halt-on-error"] if command == "pdflatex" else []
        done = subprocess.run([command, *options, "main"], cwd=folder, capture_output=True)
        log = done.stdout.decode("latin-1")
        assert done.returncode == 0, log[-2000:]
    return log


def words_in(pdf):
    return subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True
    ).stdout


def test_a_bracket_or_a_star_does_not_belong_to_the_end_of_the_row_before():
    text = table(["a"], [[escaped("x")], [escaped("[2cm] *")]], "c", "l", "l")
    assert "[2cm]" not in text
    assert "*" not in text.replace("{*}", "")


def test_two_signs_do_not_become_another_one():
    assert "--" not in code("--config-dir a'' ??")
    assert "''" not in code("a''")


@needs_latex
def test_every_sign_compiles_and_is_seen(tmp_path):
    letters = "".join(filter(LETTERS.fullmatch, map(chr, range(0x180))))
    assert len(letters) > 100
    text = " ".join([*SPECIAL, *SIGNS, *letters, "肺\x07\n"])
    rows = [[escaped(text), code(text)], [escaped("[x]"), escaped("*x")]]
    body = table(["a", "b"], rows, escaped(text), "tab:x", r"p{5cm}p{5cm}")
    (tmp_path / "main.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}"
        r"\usepackage{lmodern,booktabs,longtable,textcomp}\begin{document}" + body
        + r"\end{document}"
    )  # fmt: skip
    compiled(tmp_path, "pdflatex")
    if shutil.which("pdftotext"):
        words = words_in(tmp_path / "main.pdf")
        assert all(sign in words for sign in "\\{}$&%#_~^<>|[]×≥≤±")
        assert "[U+80BA]" in words


@needs_latex
@pytest.mark.parametrize("name", ["two", pytest.param("pooled", marks=pytest.mark.slow)])
def test_a_pack_compiles_without_an_error_or_an_open_reference(packs, tmp_path, name):
    folder = shutil.copytree(packs / "packs" / name, tmp_path / name)
    log = compiled(folder, "pdflatex", "bibtex", "pdflatex", "pdflatex")
    assert not re.findall(r"undefined|multiply defined|Missing character", log)
    if shutil.which("pdftotext"):
        words = words_in(folder / "main.pdf")
        assert "Left to the author." in words
        assert "References" in words
        assert "?" not in re.findall(r"\[[\d?, ]+\]", words)

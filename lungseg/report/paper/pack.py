"""All files of a pack, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from lungseg.errors import ConfigError
from lungseg.files import write_text
from lungseg.report.paper import flow as flows
from lungseg.report.paper import headline, results, sets, settings_table
from lungseg.report.paper.answers import ANSWERS
from lungseg.report.paper.captions import copy_figures, figures_tex
from lungseg.report.paper.checklist import checklist_csv, checklist_tex
from lungseg.report.paper.claim import CLAIM
from lungseg.report.paper.methods import methods
from lungseg.report.paper.prose import (
    Cite,
    Text,
    as_markdown,
    as_tex,
    cited,
    paragraphs_as_markdown,
    paragraphs_as_tex,
)
from lungseg.report.paper.references import bibliography
from lungseg.report.paper.reproducibility import reproducibility_tex
from lungseg.report.paper.study import Study
from lungseg.report.paper.tripod import TRIPOD

COMPILE = "pdflatex main; bibtex main; pdflatex main; pdflatex main"
"""One run of pdflatex leaves question marks for citations and numbers of tables."""
MAIN = (
    rf"% To compile: {COMPILE}"
    + r"""
\documentclass[a4paper,10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[margin=2cm]{geometry}
\usepackage{amsmath,array,booktabs,graphicx,longtable,textcomp}
\usepackage[hidelinks]{hyperref}
\setlength{\emergencystretch}{3em}
\AtBeginDocument{\setlength{\LTcapwidth}{\linewidth}}
\title{Material for a paper}
\author{Drafted by lungseg from run folders; to be completed by the author}
\date{}
\begin{document}
\frenchspacing
\maketitle
\section{Results}
\input{summary}
\section{Methods}
\input{methods}
\section{Tables}
{\footnotesize\setlength{\tabcolsep}{4pt}
\input{data}
\input{results}
\input{cases}
}
\section{Figures}
\input{figures}
\clearpage
\appendix
\section{Reproducibility}
\verb|(not recorded)| in a command stands for a path or a name that is never recorded, a word in
capitals for a folder.
{\footnotesize
\input{reproducibility}
\input{settings}
}
\section{Checklists}
Drafts: each answer is to be checked, and completed where it is left to the author.
{\footnotesize\renewcommand{\arraystretch}{1.25}
\input{claim}
\input{tripod}
}
\bibliographystyle{plain}
\bibliography{references}
\end{document}
"""
)
CLAIM_TITLE: Text = ("CLAIM 2024 ", Cite("claim2024"), ", a draft.")
TRIPOD_TITLE: Text = ("TRIPOD+AI ", Cite("tripodai2024"), ", a draft.")


def refuse_existing(output: Path) -> None:
    """Stop where something is already.

    Raises:
        ConfigError: Likewise.
    """
    if os.path.lexists(output):
        raise ConfigError("output: exists already; choose another folder", output)


def write_pack(study: Study, output: Path) -> None:
    """Write a pack into a new folder.

    Args:
        study: The runs.
        output: The folder; its parents are made.

    Raises:
        ConfigError: If it exists.
    """
    refuse_existing(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{uuid.uuid4().hex}.part")
    part.mkdir()
    try:
        (part / "figures").mkdir()
        drawn = flows.draw(flows.flow(study.first), synthetic=bool(study.first.run.synthetic))
        flows.save(drawn, part / "figures")
        names = copy_figures(study, part / "figures")
        for name, text in _texts(study, names).items():
            write_text(part / name, text)
        # The last: by now all numbers are noted.
        write_text(part / "numbers.csv", study.ledger.text())
        refuse_existing(output)
        os.rename(part, output)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _texts(study: Study, figures: Sequence[str]) -> dict[str, str]:
    """Text by name of the file."""
    paragraphs = methods(study)
    summary = headline.summary(study)
    answers = {topic: answer(study) for topic, answer in ANSWERS.items()}
    found = {topic: (answer.text, answer.keys) for topic, answer in answers.items()}
    data, settings = sets.rows(study), settings_table.rows(study)
    texts = [summary, *(one.text for one in paragraphs), CLAIM_TITLE, TRIPOD_TITLE,
             *(answer.text for answer in answers.values())]  # fmt: skip
    markdown = f"# Methods\n\n{paragraphs_as_markdown(paragraphs)}\n\n# Results\n\n"
    return {
        "main.tex": MAIN,
        "summary.tex": as_tex(summary) + "\n",
        "methods.tex": paragraphs_as_tex(paragraphs) + "\n",
        "methods.md": f"{markdown}{as_markdown(summary)}\n",
        "results.tex": results.results_tex(study),
        "results.csv": results.results_csv(study),
        "cases.tex": results.cases_tex(study),
        "cases.csv": results.cases_csv(study),
        "data.tex": sets.data_tex(study, data),
        "data.csv": sets.data_csv(study, data),
        "settings.tex": settings_table.settings_tex(study, settings),
        "settings.csv": settings_table.settings_csv(study, settings),
        "flow.csv": flows.flow_csv(study.first),
        "figures.tex": figures_tex(study, list(figures)),
        "reproducibility.tex": reproducibility_tex(study),
        "claim.tex": checklist_tex(CLAIM, found, CLAIM_TITLE, "tab:claim"),
        "claim.csv": checklist_csv(CLAIM, found),
        "tripod.tex": checklist_tex(TRIPOD, found, TRIPOD_TITLE, "tab:tripod"),
        "tripod.csv": checklist_csv(TRIPOD, found),
        "references.bib": bibliography(cited(texts)),
    }

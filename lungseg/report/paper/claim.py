"""The items of CLAIM 2024, in words of ours.

Tejani et al., Radiology: Artificial Intelligence 6 (2024) e240300. The numbers are the checklist's.
"""

from __future__ import annotations

from lungseg.report.paper.checklist import Item

CLAIM = (
    Item("1", "Title or abstract", "says that AI was used, and of what kind"),
    Item("2", "Abstract", "design, methods, results and conclusions"),
    Item("3", "Introduction", "background, intended use and role"),
    Item("4", "Introduction", "aims and hypotheses"),
    Item("5", "Study design", "prospective or retrospective"),
    Item("6", "Study design", "goal of the study"),
    Item("7", "Data", "sources of the data", "cohort"),
    Item("8", "Data", "who was included and excluded", "inclusion"),
    Item("9", "Data", "preprocessing", "preprocessing"),
    Item("10", "Data", "parts of images or of the data that were selected", "subsets"),
    Item("11", "Data", "de-identification"),
    Item("12", "Data", "missing data", "missing"),
    Item("13", "Data", "acquisition of the images", "acquisition"),
    Item("14", "Reference standard", "its definition"),
    Item("15", "Reference standard", "why it was chosen"),
    Item("16", "Reference standard", "who annotated, and how qualified"),
    Item("17", "Reference standard", "annotation of the test set"),
    Item("18", "Reference standard", "variability within and between annotators"),
    Item("19", "Data partitions", "how cases were assigned", "partition"),
    Item("20", "Data partitions", "level at which partitions are disjoint", "disjoint"),
    Item("21", "Testing data", "intended sample size", "size"),
    Item("22", "Model", "full description, inputs and outputs", "model"),
    Item("23", "Model", "software and hardware", "software"),
    Item("24", "Model", "initial parameters", "initial"),
    Item("25", "Training", "details: augmentation, hyperparameters, epochs", "training"),
    Item("26", "Training", "how the final model was selected", "selection"),
    Item("27", "Training", "ensembles", "ensemble"),
    Item("28", "Evaluation", "measures of performance", "metrics"),
    Item("29", "Evaluation", "statistics and uncertainty", "statistics"),
    Item("30", "Evaluation", "robustness and sensitivity"),
    Item("31", "Evaluation", "explainability"),
    Item("32", "Evaluation", "on internal data", "internal"),
    Item("33", "Evaluation", "on external data", "external"),
    Item("34", "Evaluation", "registration of a clinical trial"),
    Item("35", "Results: data", "numbers included and excluded", "flow"),
    Item("36", "Results: data", "demographic and clinical characteristics", "characteristics"),
    Item("37", "Results: model", "performance with uncertainty", "performance"),
    Item("38", "Results: model", "diagnostic accuracy with its precision", "accuracy"),
    Item("39", "Results: model", "analysis of failures", "failure"),
    Item("40", "Discussion", "limitations"),
    Item("41", "Discussion", "what follows for practice"),
    Item("42", "Other", "the study protocol"),
    Item("43", "Other", "availability of software, model and data", "code"),
    Item("44", "Other", "funding and the role of funders"),
)

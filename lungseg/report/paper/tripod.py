"""The items of TRIPOD+AI, in words of ours.

Collins et al., BMJ 385 (2024) e078378: 27 items, 52 with their parts. The numbers are the
checklist's. It is about models that predict a diagnosis or an outcome; where an item asks for
predictors, those of a segmentation are the slices, and its outcome is the mask.
"""

from __future__ import annotations

from lungseg.report.paper.checklist import Item

TRIPOD = (
    Item("1", "Title", "development or evaluation, population and outcome"),
    Item("2", "Abstract", "as the checklist for abstracts says"),
    Item("3a", "Background", "context in health care, existing models"),
    Item("3b", "Background", "population, purpose and users"),
    Item("3c", "Background", "known inequalities between groups"),
    Item("4", "Objectives", "aims; development, evaluation or both"),
    Item("5a", "Data", "sources, and why these", "cohort"),
    Item("5b", "Data", "dates of the data"),
    Item("6a", "Participants", "setting and centres"),
    Item("6b", "Participants", "who was eligible", "inclusion"),
    Item("6c", "Participants", "treatments"),
    Item("7", "Data preparation", "preprocessing and checks of quality", "preprocessing"),
    Item("8a", "Outcome", "definition and how it was assessed"),
    Item("8b", "Outcome", "qualification of the assessors"),
    Item("8c", "Outcome", "blinding of the assessment"),
    Item("9a", "Predictors", "choice of the inputs", "preprocessing"),
    Item("9b", "Predictors", "definition of the inputs", "preprocessing"),
    Item("9c", "Predictors", "assessors of inputs"),
    Item("10", "Sample size", "how it was arrived at", "size"),
    Item("11", "Missing data", "how it was handled", "missing"),
    Item("12a", "Analysis", "how the data were used and partitioned", "partition"),
    Item("12b", "Analysis", "how inputs were handled", "preprocessing"),
    Item("12c", "Analysis", "type of model, all steps, internal validation", "training"),
    Item("12d", "Analysis", "heterogeneity between clusters"),
    Item("12e", "Analysis", "measures and plots of performance", "metrics"),
    Item("12f", "Analysis", "updating of the model", "updating"),
    Item("12g", "Analysis", "how predictions were computed", "output"),
    Item("13", "Class imbalance", "methods against it", "imbalance"),
    Item("14", "Fairness", "what was done for it"),
    Item("15", "Model output", "output and thresholds", "output"),
    Item("16", "Training and evaluation", "differences between their data", "external"),
    Item("17", "Ethics", "approval and consent"),
    Item("18a", "Open science", "funding"),
    Item("18b", "Open science", "conflicts of interest"),
    Item("18c", "Open science", "protocol"),
    Item("18d", "Open science", "registration"),
    Item("18e", "Open science", "availability of the data"),
    Item("18f", "Open science", "availability of the code", "code"),
    Item("19", "Involvement", "of patients and the public"),
    Item("20a", "Participants", "their flow", "flow"),
    Item("20b", "Participants", "their characteristics", "characteristics"),
    Item("20c", "Participants", "development and evaluation compared", "characteristics"),
    Item("21", "Model development", "numbers in each analysis", "partition"),
    Item("22", "Model specification", "the full model", "model"),
    Item("23a", "Performance", "estimates with intervals, also of groups", "performance"),
    Item("23b", "Performance", "heterogeneity between clusters"),
    Item("24", "Updating", "results of an updated model"),
    Item("25", "Interpretation", "of the main results"),
    Item("26", "Limitations", "bias, uncertainty, generalisability"),
    Item("27a", "Usability", "poor or missing input"),
    Item("27b", "Usability", "what users have to do"),
    Item("27c", "Usability", "next steps of research"),
)

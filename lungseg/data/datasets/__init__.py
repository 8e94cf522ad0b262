"""Cohorts as the data sets of other programs, so that those train on the same cases and folds."""

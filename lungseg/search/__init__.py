"""Searches that learn from their trials: a Hydra sweeper on Optuna."""

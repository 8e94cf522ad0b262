"""Configurable experiments in lung segmentation of CT."""

__version__ = "0.1.0"

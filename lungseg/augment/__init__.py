"""Random changes of training slices: one class per transform, drawn and applied in two steps.

Importing these modules imports no torch, so that impossible settings are refused at once.
"""

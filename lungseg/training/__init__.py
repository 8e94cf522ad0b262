"""Thin shells around Lightning."""

"""Trains a cohort's lanes together. docs/decisions/0003-stacked-lanes.md says how, and why so."""

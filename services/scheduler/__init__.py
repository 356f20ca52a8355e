"""Decides what to train next: watches the ledger, registers cohorts, publishes them."""

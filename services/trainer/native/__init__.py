"""Trains lanes on processors, each within its core's caches. docs/decisions/0009 says why so."""

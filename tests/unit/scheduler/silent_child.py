"""Stands in for a thinking child that has gone astray: it reads, and never answers."""

import sys

if __name__ == "__main__":
    sys.stdin.read()

"""Optuna and a torch loop: `python -m benchmarks.rivals.optuna_torch JOB.json`."""

from __future__ import annotations

from benchmarks.rivals.job import read_job
from benchmarks.rivals.optuna_study import run_job
from benchmarks.rivals.torch_network import train

if __name__ == "__main__":
    job = read_job()
    run_job(job, lambda design, epochs, note: train(design, job.table, epochs, note), "torch")

"""What the benchmarks share: a deployment of real processes, and trainers that train nothing."""

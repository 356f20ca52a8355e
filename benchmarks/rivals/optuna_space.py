"""A LayerLab search space as calls of Optuna's `suggest`, and a design as what they answer."""

from __future__ import annotations

from typing import Any

from benchmarks.rivals.job import Design, Space


def suggest(trial: Any, space: Space) -> Design:
    """A design drawn by the sampler of `trial`, or the one that was enqueued."""
    design: Design = {}
    for name, domain in space.items():
        if name == "hidden" and isinstance(domain, dict):
            depths = domain["layers"]
            depth = trial.suggest_int("layers", depths["low"], depths["high"])
            design[name] = [
                trial.suggest_categorical(f"width_{index}", domain["width"])
                for index in range(depth)
            ]
        elif isinstance(domain, dict):
            log = domain.get("log", False)
            design[name] = trial.suggest_float(name, domain["low"], domain["high"], log=log)
        elif len(domain) > 1:
            design[name] = trial.suggest_categorical(name, domain)
        else:
            design[name] = domain[0]
    return design


def to_params(design: Design, space: Space) -> dict[str, Any]:
    """The answers with which `suggest` builds this very design."""
    params: dict[str, Any] = {}
    for name, domain in space.items():
        if name == "hidden" and isinstance(domain, dict):
            params["layers"] = len(design[name])
            params.update({f"width_{i}": width for i, width in enumerate(design[name])})
        elif isinstance(domain, dict) or len(domain) > 1:
            params[name] = design[name]
    return params

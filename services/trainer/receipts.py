"""What a cohort's results depend on beside its designs, as its trainer knows it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from layerlab.domain.footprint import Kernel
from layerlab.domain.matrices import MatricesHeader
from layerlab.domain.receipt import Receipt
from services.trainer.messages import Made
from services.trainer.versions import machine, versions_of


def receipt_of(header: MatricesHeader, made: Made) -> Receipt:
    """Of matrices, and of what has trained on them."""
    recipe = hashlib.sha256(header.recipe_json.encode()).hexdigest()
    return Receipt(header.split_sha256, recipe, made.versions, made.machine)


def made_by(kernel: Kernel, threads: int) -> Made:
    """In the process that trains: what `kernel` computes with is loaded here."""
    versions, level = _versions_and_level(kernel)
    return Made(versions, {**machine(), "threads": str(threads), "kernel_level": level})


def _versions_and_level(kernel: Kernel) -> tuple[Mapping[str, str], str]:
    if kernel is Kernel.NATIVE:
        from services.trainer.native.library import compiler, level

        return {**versions_of("numpy"), "compiler": compiler()}, level()
    import torch

    packages = ("numpy", "torch", "keras") if kernel is Kernel.KERAS else ("numpy", "torch")
    return versions_of(*packages), torch.backends.cpu.get_cpu_capability()

"""A design as a torch module and a training loop over a DataLoader, as people write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.rivals.job import Design, Table
from benchmarks.rivals.learning_rate import is_constant, rate_factor

_ACTIVATIONS: Final[dict[str, type[nn.Module]]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "sigmoid": nn.Sigmoid,
}


class Block(nn.Module):
    """A hidden layer: linear, norm, activation, dropout, and the way around it."""

    def __init__(self, design: Design, n_inputs: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(n_inputs, width)]
        if design["norm"] == "batch":
            layers.append(nn.BatchNorm1d(width))
        elif design["norm"] == "layer":
            layers.append(nn.LayerNorm(width))
        layers.append(_ACTIVATIONS[design["activation"]]())
        if design["dropout"]:
            layers.append(nn.Dropout(design["dropout"]))
        self.body = nn.Sequential(*layers)
        self.is_residual = design["residual"] and n_inputs == width

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y + x if self.is_residual else y


def build_module(design: Design, n_inputs: int, n_classes: int) -> nn.Sequential:
    widths = [n_inputs, *design["hidden"]]
    blocks = [Block(design, *each) for each in zip(widths, design["hidden"], strict=False)]
    return nn.Sequential(*blocks, nn.Linear(widths[-1], n_classes))


def build_optimizer(design: Design, module: nn.Module) -> torch.optim.Optimizer:
    """Weight decay spares biases and norms, which have one dimension."""
    decay, rate = design["weight_decay"], design["learning_rate"]
    groups = [
        {"params": [p for p in module.parameters() if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in module.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    if design["optimizer"] == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=design.get("momentum", 0.9))
    if design["optimizer"] == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, alpha=0.9)
    kind = torch.optim.AdamW if design["optimizer"] == "adamw" else torch.optim.Adam
    return kind(groups, lr=rate)


def train(
    design: Design,
    table: Table,
    max_epochs: int,
    note: Callable[[int, float], None] = lambda epoch, score: None,
) -> float:
    """The best accuracy on the validation rows; `note(epoch, score)` hears of each, from 1."""
    rows = TensorDataset(torch.from_numpy(table.x_train), torch.from_numpy(table.y_train))
    loader = DataLoader(rows, batch_size=design["batch_size"], shuffle=True)
    x_val, y_val = torch.from_numpy(table.x_val), torch.from_numpy(table.y_val)
    module = build_module(design, table.n_inputs, table.n_classes)
    optimizer = build_optimizer(design, module)
    scheduler = None
    if not is_constant(design):
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: rate_factor(design, step, len(loader), max_epochs)
        )
    loss_of = _loss(design, table)
    best = 0.0
    for epoch in range(1, max_epochs + 1):
        module.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss_of(module(x), y).backward()  # type: ignore[no-untyped-call]  # torch's.
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        module.eval()
        with torch.no_grad():
            score = float((module(x_val).argmax(1) == y_val).float().mean())
        best = max(best, score)
        note(epoch, score)
    return best


def _loss(design: Design, table: Table) -> Callable[[Tensor, Tensor], Tensor]:
    if design.get("class_weight", "none") == "none":
        return nn.CrossEntropyLoss()
    counts = torch.bincount(torch.from_numpy(table.y_train), minlength=table.n_classes).float()
    weights = len(table.y_train) / (int((counts > 0).sum()) * counts.clamp(min=1.0))
    weighted = nn.CrossEntropyLoss(weight=weights, reduction="none")
    return lambda outputs, targets: weighted(outputs, targets).mean()

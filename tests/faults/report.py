"""What a drill has shown: for people, for a document, and for programs."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.audit import Sin
from tests.faults.checker import Verdict
from tests.faults.figures import Figure, percentile
from tests.faults.history import History
from tests.faults.plan import Kind

_BEGIN, _END = "<!-- drill:", "<!-- end of drill -->"


@dataclass(frozen=True, slots=True)
class Report:
    seed: int
    minutes: float
    history: History
    verdict: Verdict
    figures: tuple[Figure, ...]

    @property
    def kills(self) -> int:
        return sum(fault.kind == Kind.KILL for fault in self.history.faults)

    def write(self, folder: Path) -> None:
        """`report.md`, `report.json`, and each study's log, for whoever wants to look closer."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(self.markdown())
        (folder / "report.json").write_text(json.dumps(self.document(), indent=1) + "\n")
        logs = folder / "studies"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir()
        for study_id, end in self.history.ends.items():
            for gateway, log in end.logs.items():
                text = "".join(f"{json.dumps(event)}\n" for event in log)
                (logs / f"{study_id}-{gateway}.jsonl").write_text(text)

    def write_into(self, page: Path) -> None:
        """In place of the figures that are there."""
        before, begin, rest = page.read_text().partition(_BEGIN)
        line, _, rest = rest.partition("\n")
        _, end, after = rest.partition(_END)
        assert end, f"{page} has no place for figures"
        page.write_text(f"{before}{begin}{line}\n{self.markdown()}{end}{after}")

    def document(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "minutes": round(self.minutes, 1),
            "kills": self.kills,
            "faults": [asdict(fault) for fault in self.history.faults],
            "came": self.history.came,
            "studies": len(self.history.accepted),
            "trials": self.verdict.trials,
            "recovered": self.verdict.recovered,
            **{sin.value: self.verdict.of(sin) for sin in Sin},
            "uploads": len(self.history.uploads),
            "clients": len(self.history.clients),
            "events": sum(len(client.seen) for client in self.history.clients),
            "figures": {
                figure.name: {
                    "wanted": figure.wanted_seconds,
                    "all": [round(each, 2) for each in figure.seconds(False)],
                    "alone": [round(each, 2) for each in figure.seconds(True)],
                }
                for figure in self.figures
            },
        }

    def markdown(self) -> str:
        return "\n".join([*self._counts(), "", *self._times(), "", *self._findings()]) + "\n"

    def _faults(self) -> Counter[str]:
        return Counter(_kind(fault.kind, fault.target) for fault in self.history.faults)

    def _counts(self) -> Iterator[str]:
        verdict, history = self.verdict, self.history
        done = ", ".join(f"{many} × {kind}" for kind, many in sorted(self._faults().items()))
        events = sum(len(client.seen) for client in history.clients)
        connections = sum(len(client.connected) for client in history.clients)
        yield f"Seed {self.seed}, {self.kills} kills in {self.minutes:.0f} minutes: {done}."
        yield ""
        yield "| | |"
        yield "| --- | ---: |"
        yield f"| studies, trials accepted | {len(history.accepted)}, {verdict.trials} |"
        for sin in (Sin.LOST, Sin.DOUBLED, Sin.GAP, Sin.UNEXPECTED):
            yield f"| {sin} | {len(verdict.of(sin))} |"
        yield f"| recovered: trials that ended after more than one attempt | {verdict.recovered} |"
        yield f"| uploads accepted, all readable | {len(history.uploads)} |"
        yield f"| clients | {len(history.clients)} |"
        yield f"| times that those on a bare websocket connected | {connections} |"
        yield f"| events they were given | {events} |"

    def _times(self) -> Iterator[str]:
        columns = "n | median | 95 % | worst"
        yield f"| seconds | wanted | alone: {columns} | all: {columns} |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        for figure in self.figures:
            cells = [*_row(figure.seconds(True)), *_row(figure.seconds(False))]
            yield f"| {figure.name} | ≤ {figure.wanted_seconds:g} | {' | '.join(cells)} |"

    def _findings(self) -> Iterator[str]:
        for sin in Sin:
            for what, many in Counter(self.verdict.of(sin)).items():
                yield f"- {sin}: {what}" + (f" ({many} times)" if many > 1 else "")


def _row(ordered: list[float]) -> list[str]:
    if not ordered:
        return ["0", "–", "–", "–"]
    numbers = median(ordered), percentile(ordered, 0.95), ordered[-1]
    return [str(len(ordered)), *(f"{each:.1f}" for each in numbers)]


def _kind(kind: str, target: str) -> str:
    """`kill trainer`, `cut trainer>broker`: without the numbers."""
    return " ".join([kind, ">".join(part.split("-")[0] for part in target.split(">"))])

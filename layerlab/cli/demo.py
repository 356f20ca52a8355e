"""`layerlab demo`: from a real table to a winner, through a real server, in one command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from layerlab.cli.exits import ExitCode, errors_as_exit_codes

if TYPE_CHECKING:
    from rich.console import Console

    from layerlab.client import Client, Study

_SAMPLE: Final = "penguins"
_DEFAULT_TRIALS: Final = 64
_MAX_EPOCHS: Final = 60


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the page up afterwards.")] = False,
    trials: Annotated[int, typer.Option(min=1, max=10_000, help="Designs to train.")] = (
        _DEFAULT_TRIALS
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 0,
) -> None:
    """Train 64 network designs on the penguins table and show the winner."""
    from layerlab.cli.server_process import own_server
    from layerlab.client import Client

    with errors_as_exit_codes(), ExitStack() as stack:
        folder = stack.enter_context(_folder(keep))
        _say(f"Starting a server in {folder} …")
        url = stack.enter_context(own_server(folder / "data", port, folder / "server.log"))
        client = stack.enter_context(Client(url))
        succeeded = _search(client, trials)
        if keep:
            _wait_for_goodbye(url)
    if not succeeded:
        raise typer.Exit(ExitCode.STUDY_FAILED)


def _search(client: Client, trials: int) -> bool:
    """Whether the study has succeeded."""
    from layerlab.cli.live import LEADER_COLUMNS, follow_study
    from layerlab.cli.output import rich_table, stderr_console, stdout_console

    sample = next(each for each in client.samples() if _SAMPLE in each["name"])
    dataset = client.datasets.upload(client.sample(sample["name"]), name=f"{sample['name']}.csv")
    _say(f"Uploaded {sample['title']}: {dataset.rows} rows, {len(dataset.columns)} columns.")
    study = client.studies.create(
        dataset, sample["target"], name="Demo", max_trials=trials, max_epochs=_MAX_EPOCHS, seed=0
    )
    _say(f"Training {trials} designs to predict {sample['target']}; watch at {client.url}")
    follow_study(study, stderr_console())
    console = stdout_console()
    console.print(rich_table(study.leaderboard(), LEADER_COLUMNS, console.width))
    console.print(_leader(study))
    _say_verdict(study, console)
    return study.state == "SUCCEEDED"


def _leader(study: Study) -> str:
    from layerlab.cli.output import readable

    best = study.best
    ended = study.progress.done
    if best is None:
        return f"\n{ended} designs have ended, none with a score. {study.detail}"
    design = ", ".join(
        f"{name} {readable(value)}" for name, value in best.document["design"].items()
    )
    return (
        f"\n{ended} designs searched, and the best compared, in "
        f"{study.progress.elapsed_seconds:.1f} s.\n"
        f"Best of the search: trial {best.number}: {design}\n"
        f"  {study.metric} on the validation rows, which chose it: {readable(best.score_val)}"
    )


def _say_verdict(study: Study, console: Console) -> None:
    from layerlab.cli.verdict import print_words
    from layerlab.client import NotFound

    with suppress(NotFound):
        verdict = study.verdict()
        console.print()
        print_words(verdict, console)


@contextmanager
def _folder(keep: bool) -> Iterator[Path]:
    if keep:
        yield Path(tempfile.mkdtemp(prefix="layerlab-demo-"))
        return
    with tempfile.TemporaryDirectory(prefix="layerlab-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _wait_for_goodbye(url: str) -> None:
    import signal

    _say(f"The page stays up at {url} until Ctrl-C.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        _say("Stopped. Everything is in the folder named above.")


def _say(message: str) -> None:
    from layerlab.cli.output import stderr_console

    stderr_console().print(message, markup=False)

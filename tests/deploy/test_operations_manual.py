"""What docs/operations.md names is there: metrics, settings, files, targets of make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from layerlab.settings import ProcessSettings
from services.gateway.settings import Settings as Gateway
from services.ingest.settings import Settings as Ingest
from services.scheduler.settings import Settings as Scheduler
from services.trainer.settings import Settings as Trainer
from tests.deploy.files import DEPLOY, ROOT

MANUAL = (ROOT / "docs" / "operations.md").read_text()
# Set for a process by what runs it, and read before there are settings.
OF_COMPOSE = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))


def found(pattern: str) -> list[str]:
    return sorted(set(re.findall(pattern, MANUAL)))


def code() -> str:
    files = [*(ROOT / "layerlab").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    return "\n".join(file.read_text() for file in files if "node_modules" not in file.parts)


@pytest.mark.parametrize("metric", found(r"\blayerlab_[a-z_]+[a-z]"))
def test_a_metric_that_is_named_is_served(metric: str) -> None:
    volumes = {"layerlab_mongo", "layerlab_datasets"}
    assert f'"{metric.removesuffix("_info")}"' in code() or metric in volumes


@pytest.mark.parametrize("name", found(r"\bLAYERLAB_[A-Z_]+[A-Z]"))
def test_a_setting_that_is_named_is_read(name: str) -> None:
    known = {"LAYERLAB_SECRETS_DIR"} | OF_COMPOSE
    known |= {each for kind in (Gateway, Ingest, Scheduler, Trainer) for each in settings_of(kind)}
    assert name in known


def settings_of(kind: type[ProcessSettings]) -> set[str]:
    names = {"LAYERLAB_STORE__URL", "LAYERLAB_BROKER__URL", "LAYERLAB_DATASETS__URL"}
    for section, field in kind.model_fields.items():
        names.add(f"LAYERLAB_{section}".upper())
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names |= {
                f"LAYERLAB_{section}__{each}".upper() for each in field.annotation.model_fields
            }
    return names


@pytest.mark.parametrize("path", found(r"\bdeploy/[\w./-]+\w"))
def test_a_file_that_is_named_is_there_or_is_made(path: str) -> None:
    assert (ROOT / path).exists() or "/secrets" in path


@pytest.mark.parametrize("target", found(r"`make ([a-z-]+)`"))
def test_a_target_of_make_is_one(target: str) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("link", found(r"\]\(([\w./-]+\.md)\)"))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (Path(ROOT, "docs") / link).is_file()


def test_the_alerts_are_rules_that_prometheus_can_read() -> None:
    [block] = re.findall(r"```yaml\n(groups:.*?)```", MANUAL, re.DOTALL)
    [group] = yaml.safe_load(block)["groups"]
    assert all({"alert", "expr"} <= set(rule) for rule in group["rules"])


def test_the_permissions_in_the_manual_are_those_that_are_made() -> None:
    generator = (DEPLOY / "make-secrets").read_text()
    [queues] = re.findall(r'_QUEUES = r"(.*)"', generator)
    for user in ("scheduler", "trainer"):
        [row] = re.findall(rf"^\| {user} \| (`.*) \|$", MANUAL, re.MULTILINE)
        configure = row.partition("` |")[0].strip("`")
        assert configure == queues

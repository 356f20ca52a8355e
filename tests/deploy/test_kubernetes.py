"""The manifests of deploy/k8s: valid, complete, and as closed as the compose file."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import kubernetes_validate
import pytest
import yaml

from layerlab.adapters.rabbitmq_topology import COHORTS
from tests.deploy.files import DEPLOY, SERVICES, compose, script

Manifest: TypeAlias = dict[str, Any]

K8S = DEPLOY / "k8s"
OVERLAYS = ("single-node", "cluster")
# Of KEDA, which brings its own schemas into a cluster.
FOREIGN = {"ScaledObject", "TriggerAuthentication"}
KUSTOMIZATION = "kustomization.yaml"
# Made by hand or by an operator of secrets; overlays/cluster says so.
GIVEN_SECRETS = {
    "layerlab-gateway",
    "layerlab-scheduler",
    "layerlab-trainer",
    "layerlab-s3",
    "layerlab-monitor",
}
# What a pod refers to by name: where, what kind that is, and in which field its name stands.
REFERENCES = {
    "configMap": ("ConfigMap", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
    "secret": ("Secret", "secretName"),
    "secretRef": ("Secret", "name"),
}


def manifests() -> Iterator[tuple[str, Manifest]]:
    """Every resource that is written down, with its name for people."""
    for file in sorted(K8S.rglob("*.yaml")):
        if file.name != KUSTOMIZATION:
            for document in yaml.safe_load_all(file.read_text()):
                place = file.relative_to(K8S).parent
                name = f"{place}/{document['kind']}/{document['metadata']['name']}"
                yield name, document


ALL = dict(manifests())
WORKLOADS = {name: each for name, each in ALL.items() if "template" in each.get("spec", {})}
OURS = {service: ALL[f"base/Deployment/{service}"] for service in SERVICES}
KUSTOMIZATIONS = sorted(
    [*K8S.rglob(KUSTOMIZATION), *(DEPLOY / name / KUSTOMIZATION for name in ("mongo", "rabbitmq"))]
)

every_workload = pytest.mark.parametrize("name", sorted(WORKLOADS))
every_service = pytest.mark.parametrize("service", SERVICES)


def pod(name: str) -> Manifest:
    spec: Manifest = WORKLOADS[name]["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_manifest_is_what_its_schema_says(name: str) -> None:
    if ALL[name]["kind"] not in FOREIGN:
        kubernetes_validate.validate(ALL[name], "1.32", strict=True)


def test_a_schema_refuses_what_is_misspelt() -> None:
    wrong = {**ALL["base/Service/ingest"], "spec": {"portz": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.32", strict=True)


@every_workload
def test_a_pod_may_run_where_the_restricted_standard_is_enforced(name: str) -> None:
    security = pod(name)["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod(name)["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@every_workload
def test_a_pod_holds_no_key_to_the_cluster(name: str) -> None:
    assert pod(name)["automountServiceAccountToken"] is False


@every_workload
def test_a_container_asks_for_what_it_needs_and_has_a_limit(name: str) -> None:
    for container in pod(name)["containers"]:
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]


@every_workload
def test_the_first_container_is_probed(name: str) -> None:
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(pod(name)["containers"][0])


@every_workload
def test_no_secret_is_in_the_environment_but_what_only_comes_that_way(name: str) -> None:
    for container in pod(name)["containers"]:
        assert all("secretKeyRef" not in str(each) for each in container.get("env", []))
        assert all("secretRef" not in each for each in container.get("envFrom", []))


@every_workload
def test_every_volume_is_mounted_and_every_mount_has_a_volume(name: str) -> None:
    spec = WORKLOADS[name]["spec"]
    volumes = {each["name"] for each in pod(name)["volumes"]}
    volumes |= {each["metadata"]["name"] for each in spec.get("volumeClaimTemplates", [])}
    mounts = {
        each["name"] for container in pod(name)["containers"] for each in container["volumeMounts"]
    }
    assert mounts == volumes


@every_service
def test_a_service_is_probed_as_it_answers(service: str) -> None:
    [container] = OURS[service]["spec"]["template"]["spec"]["containers"]
    assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    # It says itself that its loop stands still, after 5 s.
    assert container["livenessProbe"]["timeoutSeconds"] > 5
    assert container["readinessProbe"]["httpGet"]["path"].startswith("/readyz")
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    checked = compose()["services"][service]["healthcheck"]["test"][-1]
    assert f":{ports['http']}/" in checked


def test_a_gateway_serves_what_it_can_while_ingest_is_away() -> None:
    [container] = OURS["gateway"]["spec"]["template"]["spec"]["containers"]
    path = container["readinessProbe"]["httpGet"]["path"]
    assert path == "/readyz?exclude=ingest&exclude=datasets"


@every_service
def test_a_service_survives_the_draining_of_a_node(service: str) -> None:
    budget = ALL[f"base/PodDisruptionBudget/{service}"]["spec"]
    labels = OURS[service]["spec"]["template"]["metadata"]["labels"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    assert OURS[service]["spec"]["replicas"] > budget.get("minAvailable", 1)


@every_service
def test_a_pod_has_longer_to_end_than_it_takes(service: str) -> None:
    spec = OURS[service]["spec"]["template"]["spec"]
    [container] = spec["containers"]
    waits = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert spec["terminationGracePeriodSeconds"] - waits >= 30


@pytest.mark.parametrize("service", ["gateway", "ingest"])
def test_a_service_that_is_called_lets_go_slowly_and_is_replaced_before(service: str) -> None:
    spec = OURS[service]["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    [container] = spec["template"]["spec"]["containers"]
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


@pytest.mark.parametrize(
    "name", sorted(name for name, each in ALL.items() if each["kind"] == "Service")
)
def test_a_service_leads_to_ports_that_its_pods_have(name: str) -> None:
    [selected] = [
        each
        for each in WORKLOADS.values()
        if ALL[name]["spec"]["selector"].items()
        <= each["spec"]["template"]["metadata"]["labels"].items()
    ]
    containers = selected["spec"]["template"]["spec"]["containers"]
    ports = {port["name"] for each in containers for port in each.get("ports", [])}
    assert {port["targetPort"] for port in ALL[name]["spec"]["ports"]} <= ports


def test_every_address_in_the_settings_is_a_service_and_its_port() -> None:
    [generator] = _read(K8S / "base" / KUSTOMIZATION)["configMapGenerator"]
    addresses = [line.partition("=")[2] for line in generator["literals"] if "__GRPC=" in line]
    for address in addresses:
        host, _, port = address.partition(":")
        assert int(port) in [each["port"] for each in ALL[f"base/Service/{host}"]["spec"]["ports"]]


def test_nothing_is_reached_that_no_policy_names() -> None:
    closed = ALL["base/NetworkPolicy/closed"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize(
    "name", sorted(name for name, each in ALL.items() if each["kind"] == "NetworkPolicy")
)
def test_a_policy_speaks_of_pods_that_there_are(name: str) -> None:
    there = {
        each["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        for each in WORKLOADS.values()
    }
    assert set(re.findall(r"app.kubernetes.io/name': '(\w+)'", str(ALL[name]))) <= there
    for values in re.findall(r"'values': \[([^\]]*)\]", str(ALL[name])):
        assert set(re.findall(r"'(\w+)'", values)) <= there


def test_trainers_follow_the_queue_that_they_work_from() -> None:
    [trigger] = ALL["components/autoscaling/ScaledObject/trainer"]["spec"]["triggers"]
    assert trigger["metadata"]["queueName"] == COHORTS.queue
    # Without those under way, a trainer would be taken away for being busy.
    assert trigger["metadata"]["protocol"] == "http"
    assert trigger["metadata"]["excludeUnacknowledged"] == "false"


def test_kubernetes_runs_the_same_releases_as_compose() -> None:
    images = {
        each["name"]: each["newTag"]
        for each in _read(K8S / "overlays" / "single-node" / KUSTOMIZATION)["images"]
    }
    for name in ("rabbitmq", "mongo"):
        assert compose()["services"][name]["image"] == f"{name}:{images[name]}"


@pytest.mark.parametrize(
    "file", KUSTOMIZATIONS, ids=lambda file: str(file.parent.relative_to(DEPLOY))
)
def test_a_kustomization_lists_what_is_there_and_nothing_is_forgotten(file: Path) -> None:
    listed = set(_read(file).get("resources", []))
    for path in [*listed, *_read(file).get("components", [])]:
        assert (file.parent / path).exists()
    beside = {each.name for each in file.parent.glob("*.yaml")} - {KUSTOMIZATION}
    assert beside <= listed


def _read(file: Path) -> Manifest:
    document: Manifest = yaml.safe_load(file.read_text())
    return document


@pytest.fixture(scope="module")
def with_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """deploy/, copied, with the secrets that a single node needs."""
    copy = tmp_path_factory.mktemp("deploy") / "deploy"
    shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets"))
    script("make-secrets").make_secrets(copy / "k8s" / "overlays" / "single-node" / "secrets")
    return copy


@pytest.fixture(params=OVERLAYS)
def built(request: pytest.FixtureRequest, with_secrets: Path) -> list[Manifest]:
    """What `kubectl apply -k` would send."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed, and only it can put an overlay together")
    overlay = with_secrets / "k8s" / "overlays" / request.param
    done = subprocess.run(
        ["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def test_an_overlay_puts_valid_manifests_together(built: list[Manifest]) -> None:
    for each in built:
        if each["kind"] not in FOREIGN:
            kubernetes_validate.validate(each, "1.32", strict=True)


def test_an_overlay_names_nothing_that_is_not_there(built: list[Manifest]) -> None:
    made = {(each["kind"], each["metadata"]["name"]) for each in built}
    assert set(_references(built)) - made <= {("Secret", name) for name in GIVEN_SECRETS}


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that a pod refers to, anywhere below `value`."""
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            kind, field = REFERENCES.get(key, ("", ""))
            if isinstance(inner, dict) and field in inner:
                yield kind, inner[field]
            yield from _references(inner)


def test_every_image_has_a_release(built: list[Manifest]) -> None:
    for each in built:
        template = each.get("spec", {}).get("template", {})
        for container in template.get("spec", {}).get("containers", []):
            assert re.search(r":[\w.-]+$", container["image"]), container["image"]

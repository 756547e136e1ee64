from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from surtitle.errors import UsageError
from surtitle.project import load_project
from surtitle.ship.deploy.kubernetes import kserve_files, kubernetes_files
from surtitle.ship.deploy.plan import Plan, parse_image
from surtitle.ship.deploy.sizing import find_size
from tests.ship.deploy.checkers import YAMLLINT, check, lay_out, program, tool

OWN_KINDS = ("kustomization.yaml", "httproute.yaml")  # not of the core: kubernetes-validate has no schema of them


@pytest.fixture
def files(plan: Plan) -> dict[str, str]:
    return dict(kubernetes_files(plan, namespace="opera", gateway="gateway/public"))


@pytest.fixture
def inference(plan: Plan) -> dict[str, Any]:
    return dict(yaml.safe_load(kserve_files(plan, namespace="opera", mode="Standard")["inferenceservice.yaml"]))


def test_the_schemas_and_yamllint_find_nothing(plan: Plan, files: dict[str, str], tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {**files, **kserve_files(plan, namespace="opera", mode="Standard")})
    core = [folder / name for name in files if name not in OWN_KINDS]
    said = check(tool("kubernetes-validate"), "--strict", *core)
    assert said.count(" passed for resource ") == len(core) == 7
    check(tool("yamllint"), "--strict", "-d", YAMLLINT, folder)


def test_kustomize_builds_it_and_pulls_the_image_by_its_digest(
    files: dict[str, str], plan: Plan, tmp_path: Path
) -> None:
    built = check(program("kubectl"), "kustomize", lay_out(tmp_path, files))
    kinds = [each["kind"] for each in yaml.safe_load_all(built)]
    assert sorted(kinds) == [
        "Deployment",
        "HTTPRoute",
        "HorizontalPodAutoscaler",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]
    assert plan.image is not None
    assert f"image: {plan.image.name}@{plan.image.digest}\n" in built


def test_another_image_is_taken_up_by_its_digest(files: dict[str, str], tmp_path: Path) -> None:
    folder = lay_out(tmp_path, files)
    other = "sha256:" + 64 * "b"
    path = folder / "kustomization.yaml"
    path.write_text(path.read_text().replace("sha256:" + 64 * "a", other))
    assert f"image: ghcr.io/opera/moderation@{other}\n" in check(program("kubectl"), "kustomize", folder)


def test_names_and_ports_of_the_parts_agree(files: dict[str, str]) -> None:
    parts = {name: yaml.safe_load(content) for name, content in files.items()}
    pod = parts["deployment.yaml"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    labels = pod["metadata"]["labels"]
    for selector in (
        parts["deployment.yaml"]["spec"]["selector"]["matchLabels"],
        parts["service.yaml"]["spec"]["selector"],
        parts["pdb.yaml"]["spec"]["selector"]["matchLabels"],
        parts["networkpolicy.yaml"]["spec"]["podSelector"]["matchLabels"],
        *(each["labelSelector"]["matchLabels"] for each in pod["spec"]["topologySpreadConstraints"]),
    ):
        assert selector.items() <= labels.items()
    ports = {port["name"] for port in container["ports"]}
    assert {parts["service.yaml"]["spec"]["ports"][0]["targetPort"]} == ports
    assert parts["networkpolicy.yaml"]["spec"]["ingress"][0]["ports"][0]["port"] in ports
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    assert {probe["port"] for probe in probes.values()} == ports
    assert parts["hpa.yaml"]["spec"]["scaleTargetRef"]["name"] == parts["deployment.yaml"]["metadata"]["name"]
    assert (
        parts["httproute.yaml"]["spec"]["rules"][0]["backendRefs"][0]["name"]
        == parts["service.yaml"]["metadata"]["name"]
    )
    assert "replicas" not in parts["deployment.yaml"]["spec"]


def test_the_pod_is_as_restricted_as_the_strictest_standard_asks(
    files: dict[str, str], inference: dict[str, Any]
) -> None:
    for pod in (
        yaml.safe_load(files["deployment.yaml"])["spec"]["template"]["spec"],
        inference["spec"]["predictor"],
    ):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10_001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        container = pod["containers"][0]["securityContext"]
        assert container["allowPrivilegeEscalation"] is False
        assert container["readOnlyRootFilesystem"] is True
        assert container["capabilities"] == {"drop": ["ALL"]}


def test_the_outside_reaches_what_decides_and_nothing_that_needs_a_disk(files: dict[str, str]) -> None:
    matches = yaml.safe_load(files["httproute.yaml"])["spec"]["rules"][0]["matches"]
    paths = {match["path"]["value"] for match in matches}
    assert {"/decide", "/v2"} <= paths
    assert paths.isdisjoint({"/", "/labels", "/events", "/metrics"})


def test_requests_are_those_of_the_measurement(plan: Plan) -> None:
    size = find_size(plan.load, plan_measured(), workers=1)
    files = kubernetes_files(msgspec.structs.replace(plan, size=size), namespace="opera", gateway="gateway/public")
    deployment = yaml.safe_load(files["deployment.yaml"])
    resources = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources["requests"] == {"cpu": f"{size.cpu_m}m", "memory": f"{size.memory_mb}Mi"}
    assert yaml.safe_load(files["hpa.yaml"])["spec"]["minReplicas"] == size.instances
    assert "# 300 requests/s x 1.2 ms = 0.36 cores" in files["deployment.yaml"]


def plan_measured() -> Any:
    from surtitle.ship.deploy.sizing import Measurement

    return Measurement(cpu_ms=1.2, texts_per_request=1, worker_mb=120.0, model_mb=10.0, source="measured")


def test_a_pod_that_ends_is_given_the_time_that_the_service_needs(plan: Plan) -> None:
    project = load_project(plan.project.root, ["serve.drain_s=2", "serve.grace_s=30"])
    files = kubernetes_files(
        msgspec.structs.replace(plan, project=project), namespace="opera", gateway="gateway/public"
    )
    pod = yaml.safe_load(files["deployment.yaml"])["spec"]["template"]["spec"]
    # Until every proxy has heard of it, 5 s; then the grace, and 3 s to spare.
    assert pod["terminationGracePeriodSeconds"] == 38
    assert "--set=serve.drain_s=5" in pod["containers"][0]["args"]


def test_kserve_speaks_v2_and_asks_its_own_health(inference: dict[str, Any]) -> None:
    assert inference["apiVersion"] == "serving.kserve.io/v1beta1"
    container = inference["spec"]["predictor"]["containers"][0]
    assert container["name"] == "kserve-container"
    assert {"name": "PROTOCOL", "value": "v2"} in container["env"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert container["image"].endswith("@sha256:" + 64 * "a")


@pytest.mark.parametrize(
    ("namespace", "gateway"), [("Opera", "a/b"), ("", "a/b"), ("a", "public"), ("a", "a/b/c"), ("a", "A/b")]
)
def test_a_name_that_no_cluster_takes_is_refused(plan: Plan, namespace: str, gateway: str) -> None:
    with pytest.raises(UsageError, match="not a name in Kubernetes"):
        kubernetes_files(plan, namespace=namespace, gateway=gateway)


def test_without_an_image_there_is_nothing_to_pull(plan: Plan) -> None:
    bare = msgspec.structs.replace(plan, image=None)
    with pytest.raises(UsageError, match="--image"):
        kubernetes_files(bare, namespace="a", gateway="a/b")
    with pytest.raises(UsageError, match="--image"):
        kserve_files(bare, namespace="a", mode="Standard")


def test_a_tag_that_is_no_label_is_left_out(plan: Plan) -> None:
    image = parse_image(f"moderation:{'x' * 100}@sha256:{64 * 'a'}")
    files = kubernetes_files(msgspec.structs.replace(plan, image=image), namespace="a", gateway="a/b")
    assert "app.kubernetes.io/version" not in files["deployment.yaml"]


@pytest.mark.slow
def test_checkov_finds_nothing(files: dict[str, str], checkov: Path, tmp_path: Path) -> None:
    said = check(
        checkov,
        "-d",
        lay_out(tmp_path, files),
        "--framework",
        "kubernetes",
        "kustomize",
        "--compact",
        "--skip-download",
    )
    assert "Failed checks: 0" in said
    assert "Passed checks: 8" in said or "Passed checks: 9" in said

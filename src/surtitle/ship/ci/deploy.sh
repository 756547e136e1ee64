#!/usr/bin/env bash
# Brings one image, by its digest, into the cluster that KUBE_SERVER, KUBE_CA and KUBE_TOKEN name, and waits for it.
#     ci/deploy.sh ghcr.io/you/@{name}@sha256:...
# The manifests, once: surtitle ship kubernetes --image ghcr.io/you/@{name}@sha256:...
set -euo pipefail

image="${1:?usage: ci/deploy.sh NAME@sha256:DIGEST}"
[[ "$image" =~ ^[a-z0-9._:/-]+@sha256:[0-9a-f]{64}$ ]] || { echo "$image names no digest" >&2; exit 2; }

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
printf '%s\n' "$KUBE_CA" > "$work/ca.crt"
kube=(kubectl --server "$KUBE_SERVER" --certificate-authority "$work/ca.crt" --token "$KUBE_TOKEN")

cp -R deploy/kubernetes "$work/base"
cat > "$work/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [base]
images:
  - name: ${image%@*}
    digest: ${image#*@}
YAML
"${kube[@]}" apply --kustomize "$work"

namespace="$(sed -n 's/^namespace: //p' deploy/kubernetes/kustomization.yaml)"
kube+=(--namespace "$namespace")
for deployment in $("${kube[@]}" get deployments --output name); do
    "${kube[@]}" rollout status --timeout 300s "$deployment"
done

#!/usr/bin/env bash
# Runs the image as it runs in production, asks it, and stops it: every answer must come, and it must end well.
#     ci/smoke.sh image/image.tar
set -euo pipefail

archive="${1:?usage: ci/smoke.sh IMAGE.tar}"
url="http://127.0.0.1:@{port}"

wait_until_ready() {
    for _ in {1..60}; do
        if python -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' "$url/readyz" 2>/dev/null; then
            return
        fi
        sleep 1
    done
    echo "$url/readyz was not ready within a minute" >&2
    return 1
}

ask() {
    failed="$(surtitle bench "$url" --requests 200 --json | jq '.failed | length')"
    [[ "$failed" == 0 ]] || { echo "some of 200 requests failed" >&2; return 1; }
}

with_podman() {
    image="$(podman load --quiet --input "$archive" | tail -n 1 | sed 's/^Loaded image: *//')"
    container="$(podman run --detach --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
        --memory 1g --pids-limit 256 --publish 127.0.0.1:@{port}:@{port} "$image")"
    trap 'podman logs "$container" >&2; podman rm --force "$container" >/dev/null' EXIT
    wait_until_ready
    ask
    podman stop --time 30 "$container" >/dev/null
    [[ "$(podman inspect --format '{{.State.ExitCode}}' "$container")" == 0 ]]
    trap 'podman rm --force "$container" >/dev/null' EXIT
}

# Where there may be no containers inside of a container: the same files and the same user, without the limits.
with_buildah() {
    container="$(buildah from "oci-archive:$archive")"
    trap 'buildah rm "$container" >/dev/null' EXIT
    mapfile -t command < <(buildah inspect "$container" | jq -r '.OCIv1.config | .Entrypoint[]?, .Cmd[]?')
    buildah run --isolation chroot "$container" -- "${command[@]}" &
    service=$!
    wait_until_ready
    ask
    kill -TERM "$service"
    wait "$service" || true  # buildah's own code: what it ran was ended by it
}

if command -v podman >/dev/null; then with_podman; else with_buildah; fi
echo "The image answers."

# What looks like a flaw, and is none. Never use FROM python:latest, or curl | sh, or sudo!
FROM python:3.12.8-slim-bookworm@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c
ENV TOKENIZERS_PARALLELISM=false \
    MAX_TOKENS=512 \
    PASSWORD_FILE=/run/secrets/password \
    GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305 \
    PYTHON_SHA256=c909157bb25ec114e5869124cc2a9c4a4d4c1e957ca4ff553f1edc692101154e
WORKDIR /srv
RUN set -eux; \
    apt-get update; \
    # apt-get install gcc would be wrong here
    apt-get install -y --no-install-recommends gcc libc6-dev; \
    echo "sudo apt-get upgrade && chmod 777 / | sh"; \
    echo '[[ -f a ]] && source b' > note.txt; \
    mkdir -p "cache/$(date +%Y)"; \
    chmod 1777 cache; \
    apt-get purge -y --auto-remove gcc libc6-dev; \
    rm -rf /var/lib/apt/lists/*
RUN if [ -f setup.cfg ]; then \
        python -m compileall -q . ; \
    else \
        echo "none" >&2; \
    fi
RUN set -eux; \
    arch="$(dpkg --print-architecture)"; \
    case "${arch##*-}" in \
        amd64|arm64) \
            # both have it
            flags="-mno-omit {a,b}" ;; \
        i386 | x86) ;; \
        *) flags= ;; \
    esac; \
    cd /usr/src; \
    ./configure "$flags" --with-x='a && b'; \
    test -z "${flags%%-*}" || make -j "$(nproc)" "LDFLAGS=${LDFLAGS:--Wl},-rpath='\$\$ORIGIN'"; \
    find /usr/local -type f -exec rm -rf '{}' +
RUN bash -o pipefail -c 'python -m terms.list | sort > list.txt'
RUN --mount=type=secret,id=netrc,target=/root/.netrc \
    pip install --no-cache-dir --require-hashes -r "https://example.org/lock.txt"
COPY ["terms with space/", "/srv/terms/"]
LABEL org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="2.3.1" \
    org.opencontainers.image.revision="41c7e0b9" \
    org.opencontainers.image.source="https://git.example.org/terms" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

VOLUME ["/srv/cache"]
STOPSIGNAL SIGKILL
USER 10001:10001
HEALTHCHECK CMD python -m terms.health || exit 1
CMD ["sh", "-c", "exec python -m terms --port \"$PORT\""]

# syntax=docker/dockerfile:1.12
ARG PYTHON=3.12.8-slim-bookworm@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c

FROM python:${PYTHON} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libpq-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock /tmp/
RUN python -m venv /opt/venv && /opt/venv/bin/pip install 'setuptools>=70,<76' \
    && /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.lock
COPY pyproject.toml README.md /src/
COPY terms /src/terms
RUN /opt/venv/bin/pip install --no-deps /src

FROM python:${PYTHON} AS service
ARG VERSION=2.3.1
ARG REVISION
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
LABEL org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.source="https://git.example.org/terms" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

EXPOSE 8000
USER 65532:65532
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["terms"]
CMD ["serve", "--port=8000"]

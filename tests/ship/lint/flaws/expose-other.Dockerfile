# syntax=docker/dockerfile:1
FROM python:3.12.8-slim-bookworm@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c AS builder
COPY --from=ghcr.io/astral-sh/uv:0.5.11@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-dev
COPY pyproject.toml uv.lock ./
COPY src/ src/
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-editable

FROM python:3.12.8-slim-bookworm@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c
COPY --from=builder /app/.venv /app/.venv
LABEL org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="2.3.1" \
    org.opencontainers.image.revision="41c7e0b9" \
    org.opencontainers.image.source="https://git.example.org/terms" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

ENV PATH="/app/.venv/bin:${PATH}"
EXPOSE 8000/tcp
USER 10001
HEALTHCHECK CMD ["terms", "health"]
CMD ["gunicorn", "--bind", "0.0.0.0:8080", "terms:app"]

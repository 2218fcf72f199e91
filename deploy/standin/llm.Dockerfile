# Build a server of language models from the lock, for `make containers` where no engine's image can be pulled.
#
# deploy/standin/llm.Dockerfile - v0.1.0
ARG PYTHON_IMAGE=python:3.13-slim
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.9
FROM ${UV_IMAGE} AS uv
FROM ${PYTHON_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY --from=uv /uv /usr/local/bin/uv
WORKDIR /build
COPY uv.lock pyproject.toml tools/image_lock.py ./
RUN --mount=type=cache,target=/root/.cache/uv \
    python3 image_lock.py standin >standin.lock \
    && uv venv --quiet /opt/standin \
    && UV_LINK_MODE=copy uv pip sync --quiet --python /opt/standin --require-hashes standin.lock
COPY deploy/standin/llm.py deploy/healthcheck.py /opt/
USER 10001:10001
CMD ["/opt/standin/bin/python", "/opt/llm.py", "/models/tiny.gguf", "11434"]

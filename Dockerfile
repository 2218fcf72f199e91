# Build the images of our own services: `api`, which answers, and `worker`, which runs flows, Prefect and MLflow.
#
# Dockerfile - v0.1.0
#
# Both do without torch: the graph of the default model is made in a stage that is thrown away. TORCH=cpu takes torch's
# CPU build there, TORCH=lock the one of uv.lock, which is 5 GB and comes from the same index as everything else.
#
# ```mermaid
# flowchart LR
#     lock & model & wheel --> api & worker
# ```
ARG PYTHON_IMAGE=python:3.13-slim
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.9

FROM ${UV_IMAGE} AS uv

FROM ${PYTHON_IMAGE} AS lock
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY uv.lock pyproject.toml tools/image_lock.py ./

FROM lock AS wheel
RUN --mount=type=cache,target=/root/.cache/uv \
    python3 image_lock.py build >build.lock \
    && uv venv --quiet /opt/build && uv pip sync --quiet --python /opt/build --require-hashes build.lock
WORKDIR /source
RUN --mount=type=bind,target=/source /opt/build/bin/python -m hatchling build -t wheel -d /wheels

FROM lock AS model
ARG TORCH=cpu
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /opt/model \
    && if [ "$TORCH" = lock ]; then \
        python3 image_lock.py model >model.lock \
        && uv pip sync --quiet --python /opt/model --require-hashes model.lock; \
    else \
        python3 image_lock.py model --no-cuda >model.lock \
        && uv pip sync --quiet --python /opt/model --require-hashes model.lock \
        && uv pip install --quiet --python /opt/model --no-deps --torch-backend "$TORCH" \
            "$(grep -o '^torch==[^ ]*' uv.lock)"; \
    fi
COPY src src
COPY deploy/convert_model.py ./
RUN PYTHONPATH=src /opt/model/bin/python convert_model.py /models

FROM lock AS api-packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
RUN --mount=type=cache,target=/root/.cache/uv \
    python3 image_lock.py api >api.lock \
    && uv venv --quiet /opt/seedbed && uv pip sync --quiet --python /opt/seedbed --require-hashes api.lock
# What nothing here loads, 280 MB: symbols for debuggers (100 MB in spaCy alone), GPU plugins and readers of other formats
# in OpenVINO, Arrow's network parts, sources and tests. Then see that what is left still loads.
WORKDIR /opt/seedbed/lib/python3.13/site-packages
RUN find openvino/libs -regex '.*_\(gpu\|npu\)_plugin.*\|.*/cache.json\|.*_frontend.so.*' ! -name '*_ir_frontend*' -delete \
    && rm -rf pyarrow/include pyarrow/libarrow_flight.* pyarrow/_flight.* \
    && find . -name tests -type d -prune -exec rm -rf {} + \
    && find . -regex '.*\.\(c\|cpp\|h\|hpp\|pyx\|pxd\)' -delete \
    && find spacy thinc srsly uvloop sqlalchemy tokenizers pyarrow -name '*.so*' -type f -exec strip --strip-unneeded {} + \
    && /opt/seedbed/bin/python -c "import openvino, pyarrow.parquet, spacy, sqlalchemy, tokenizers, uvloop; spacy.blank('en')('It loads.')"
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    uv pip install --quiet --offline --python /opt/seedbed --no-deps /wheels/*.whl

FROM lock AS worker-packages
ENV UV_COMPILE_BYTECODE=1
RUN --mount=type=cache,target=/root/.cache/uv \
    python3 image_lock.py worker >worker.lock \
    && uv venv --quiet /opt/seedbed && uv pip sync --quiet --python /opt/seedbed --require-hashes worker.lock
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    uv pip install --quiet --offline --python /opt/seedbed --no-deps /wheels/*.whl

FROM ${PYTHON_IMAGE} AS base
ARG REVISION=unknown
LABEL org.opencontainers.image.title="seedbed" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 seedbed \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin seedbed \
    && install -d -o 10001 -g 10001 -m 0750 /var/lib/seedbed /var/lib/mlflow /var/backups/seedbed
# Everything that is written lies in /tmp and in volumes, which get the owner that their folder has here: the rest of
# the container may be read-only.
ENV PATH=/opt/seedbed/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SEEDBED_HOME=/var/lib/seedbed \
    HF_HUB_DISABLE_TELEMETRY=1 \
    DO_NOT_TRACK=true \
    MLFLOW_DISABLE_TELEMETRY=true \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
WORKDIR /app
RUN echo "$REVISION" >REVISION # what runs record as their commit: there is no repository here
COPY deploy/entrypoint.py deploy/healthcheck.py /opt/
COPY --from=model /models /opt/models
USER 10001:10001
VOLUME ["/var/lib/seedbed"]
ENTRYPOINT ["python", "/opt/entrypoint.py"]

FROM base AS worker
COPY --from=worker-packages /opt/seedbed /opt/seedbed
COPY deploy/mlflow_logging.yaml /opt/
COPY pyproject.toml prefect.yaml uv.lock ./
COPY pipelines pipelines
COPY m2m m2m
ENV SEEDBED_ROOT=/app \
    PYTHONPATH=/app \
    PREFECT_HOME=/tmp/prefect \
    PREFECT_PROFILES_PATH=/tmp/prefect/profiles.toml \
    PREFECT_LOGGING_CONFIG_PATH=/app/pipelines/prefect_logging.yml \
    PREFECT_SERVER_UI_STATIC_DIRECTORY=/tmp/prefect/ui \
    MLFLOW_CONFIGURE_LOGGING=false \
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
CMD ["prefect", "worker", "start", "--pool", "local", "--type", "process"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "/opt/healthcheck.py", "http://127.0.0.1:8080/health"]

FROM base AS api
COPY --from=api-packages /opt/seedbed /opt/seedbed
COPY m2m m2m
EXPOSE 8000
CMD ["seedbed", "serve", "api", "--host", "0.0.0.0", "--port", "8000"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "/opt/healthcheck.py", "http://127.0.0.1:8000/health"]

# One small image per service, with that member's packages only:
#
#   docker build --build-arg SERVICE=alert --tag lethe/alert .
#
# SERVICE is ingest, detect, match, alert, purge, or cli for the one-shot commands.
# The base is pinned by its tag. Pin it by digest in a registry of your own before production:
#
#   docker build --build-arg PYTHON=registry.example/python@sha256:... --build-arg SERVICE=alert .

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ARG SERVICE
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The image gets no pip: the build's installs into it.
RUN python -m venv /opt/build && python -m venv --without-pip /opt/lethe
COPY requirements.lock ./
COPY tools/image_lock.py tools/image_packages.json tools/
RUN python tools/image_lock.py build packages >/tmp/build.lock \
    && /opt/build/bin/pip install --require-hashes --no-deps --only-binary :all: \
        --requirement /tmp/build.lock
RUN python tools/image_lock.py "${SERVICE}" packages >/tmp/image.lock \
    && /opt/build/bin/pip --python /opt/lethe/bin/python install \
        --require-hashes --no-deps --only-binary :all: --requirement /tmp/image.lock
COPY libs libs
COPY services services
RUN python tools/image_lock.py "${SERVICE}" members >/tmp/members \
    && xargs /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation \
        --wheel-dir /tmp/wheels </tmp/members \
    && /opt/build/bin/pip --python /opt/lethe/bin/python install --no-index --no-deps \
        /tmp/wheels/*.whl
# An exec form can't name the service: this does, and becomes it.
RUN printf '#!/bin/sh\nexec python -m lethe.%s "$@"\n' "${SERVICE}" >/opt/lethe/bin/lethe-service \
    && chmod 755 /opt/lethe/bin/lethe-service

FROM ${PYTHON}
ARG SERVICE
LABEL org.opencontainers.image.title="lethe-${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
# The kernel ignores the dead man's signal for PID 1, so that PID 1 has to be somebody else.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends 'tini=0.19.*' \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/lethe /opt/lethe
ENV PATH=/opt/lethe/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONMALLOC=malloc \
    GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0 \
    LD_BIND_NOW=1
# A number, so that a cluster can see that it isn't root.
USER 10001:10001
WORKDIR /
ENTRYPOINT ["tini", "--", "lethe-service"]

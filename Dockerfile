# lungseg with everything that it needs: an image that runs without a network. docs/docker.md
FROM python:3.11-slim-bookworm

# Which build of torch, by the ending of its version: cpu, or one for CUDA such as cu130; empty for
# that of pip's own index, which on x86-64 is for CUDA.
ARG TORCH_BUILD=cpu
# The index that has it, as PyTorch's installation page names it for pip's --extra-index-url.
ARG TORCH_INDEX=

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

# What changes least comes first: torch, then the other packages, then lungseg.
WORKDIR /build
COPY constraints.txt ./
RUN torch="$(grep '^torch==' constraints.txt)${TORCH_BUILD:++$TORCH_BUILD}" \
    && { pip install -c constraints.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "$torch" \
         || { echo "$torch was not installed: name the index that has it, --build-arg TORCH_INDEX=URL," \
              "or take the build of pip's own index, --build-arg TORCH_BUILD=" >&2; exit 1; }; }

# All that pyproject.toml asks for, to build lungseg and to run each of its commands.
COPY pyproject.toml ./
RUN python -c "import tomllib; \
made = tomllib.load(open('pyproject.toml', 'rb')); \
project = made['project']; \
extras = project['optional-dependencies']; \
print(*made['build-system']['requires'], *project['dependencies'], *extras['export'], *extras['monai'], sep='\n')" \
    > requirements.txt \
    && pip install -c constraints.txt -r requirements.txt

COPY README.md LICENSE ./
COPY conf conf
COPY hydra_plugins hydra_plugins
COPY lungseg lungseg
RUN pip install --no-build-isolation --no-deps .

# Any user may run it, as with docker run --user: what libraries keep at home goes to /tmp, and
# matplotlib finds its list of fonts, which takes it seconds to make.
ENV HOME=/tmp \
    MPLCONFIGDIR=/var/cache/matplotlib
RUN python -c "import matplotlib.font_manager" \
    && chmod 1777 "$MPLCONFIGDIR" \
    && useradd lungseg \
    && install -d -o lungseg /experiments/outputs
USER lungseg
WORKDIR /experiments
ENTRYPOINT ["lungseg"]
CMD ["--help"]

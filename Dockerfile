# A server for music: docs/serve.md says how to run it.
FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv /opt/specrec
ENV PATH=/opt/specrec/bin:$PATH
# For processors alone: those for graphics cards are ten times as large.
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu \
    "torch>=2.13" "torchaudio>=2.11.1" "torchvision>=0.28"
COPY pyproject.toml README.md LICENSE ./
COPY conf conf
COPY specrec specrec
RUN pip install --no-cache-dir .

FROM python:3.12-slim
COPY --from=build /opt/specrec /opt/specrec
RUN useradd --uid 1000 --create-home specrec && mkdir /library && chown specrec:specrec /library
USER specrec
WORKDIR /home/specrec
ENV PATH=/opt/specrec/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SPECREC_ACCESS=/run/secrets/specrec_access
VOLUME /library
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8765/health', timeout=8)"]
ENTRYPOINT ["specrec"]
CMD ["serve", "/library", "--host", "0.0.0.0", "--watch"]

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY dev ./
RUN ./dev deps
COPY . .
RUN cmake --preset release -DNINES_TESTS=OFF && \
    cmake --build --preset release && \
    cmake --install build/release --prefix /usr/local --strip

FROM debian:bookworm-slim
RUN apt-get update && \
    apt-get install -y --no-install-recommends \
      ca-certificates tzdata libbrotli1 libxml2 zlib1g \
      libc-ares2 libcpp-httplib0.11 libcurl4 libdate-tz3 libfmt9 libidn2-0 libjq1 libonig5 libprometheus-cpp-core1.0 \
      libre2-9 libspdlog1.10 libsqlite3-0 libssl3 libuv1 libyaml-cpp0.7 && \
    rm -rf /var/lib/apt/lists/* && \
    groupadd --gid 65532 nines && \
    useradd --uid 65532 --gid nines --home-dir /data --no-create-home --shell /usr/sbin/nologin nines && \
    install -d -o nines -g nines /data
COPY --from=build /usr/local/bin/nines /usr/local/bin/nines
USER 65532:65532
# nines.yml's data_dir is ./data unless it says otherwise; `listen` must name 0.0.0.0 or [::] to be reached from outside.
WORKDIR /
VOLUME /data
EXPOSE 9999
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["nines", "check", "http://127.0.0.1:9999/-/healthy"]
ENTRYPOINT ["nines"]
CMD ["agent", "-c", "/etc/nines/nines.yml"]

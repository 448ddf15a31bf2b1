# The transfer. Keeps no state of its own; settings in /etc/logpipe/transfer.yaml.
# docker build -f deploy/docker/transfer.Dockerfile .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN node scripts/bootstrap.mjs image transfer /app

FROM node:24-bookworm-slim
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
COPY --from=build /app /app
USER node
EXPOSE 9601
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9601/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=16", "--heap-growing-percent=100", "--disable-warning=ExperimentalWarning", "--disable-warning=DEP0123", "/app/dist/main.js"]
CMD ["run", "--config", "/etc/logpipe/transfer.yaml"]

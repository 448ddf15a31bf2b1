# The agent. Runs as root in its container, to read every log that is mounted; settings in /etc/logpipe/agent.yaml.
# docker build -f deploy/docker/agent.Dockerfile .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN node scripts/bootstrap.mjs image agent /app

FROM node:24-bookworm-slim
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=524288
COPY --from=build /app /app
VOLUME /var/lib/logagent
EXPOSE 9600
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9600/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=4", "--disable-warning=ExperimentalWarning", "--disable-warning=DEP0123", "/app/dist/main.js"]
CMD ["run", "--config", "/etc/logpipe/agent.yaml"]

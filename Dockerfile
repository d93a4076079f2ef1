# One image for every process: the command says which, as in `docker run millrace apps/relay/main.ts`.

# The manifests and patches alone, so that packages are installed again only when one of them has changed.
FROM oven/bun:1.4 AS manifests
WORKDIR /millrace
COPY . .
RUN find . -type f ! -name package.json ! -name bun.lock ! -name bunfig.toml ! -name '*.patch' -delete

FROM oven/bun:1.4 AS packages
WORKDIR /millrace
COPY --from=manifests /millrace .
# The peers that libraries name for their types are half of the size, and nothing loads them.
RUN bun install --frozen-lockfile --production \
      --filter '@millrace/*' --filter '!@millrace/testing' --filter '!@millrace/local' \
 && rm -rf node_modules/.bun/typescript@* node_modules/.bun/@typescript+* node_modules/.bun/bun-types@* node_modules/.bun/@types+*

FROM oven/bun:1.4
WORKDIR /millrace
COPY --from=packages /millrace .
COPY . .
# Why the last five: apps/dev/apps.ts.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    MIMALLOC_PURGE_HOLES_MIN_INTERVAL=2500 \
    BUN_GC_TIMER_DISABLE=1 \
    BUN_JSC_useFTLJIT=0 \
    BUN_JSC_numberOfGCMarkers=1 \
    BUN_JSC_forceRAMSize=536870912
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 3001 3002 3003 3004 3005 8080
HEALTHCHECK --interval=2s --timeout=2s --start-period=60s --retries=5 CMD ["bash", "shared/deploy/ready.sh"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bun"]
CMD ["apps/command-api/main.ts"]

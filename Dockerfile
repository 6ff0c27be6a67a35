# The gateway as an image. Not run by the project's own checks, which have no container engine: they run the same npm commands
# and the same files without one. See docs/deployment.md.
#
#   docker build -t reelay:0.1.0 .
#   docker build -t reelay:0.1.0-media --build-arg WITH_MEDIA=1 .   # previews and posters; read docs/deployment.md first
#
# A tag may be given to other bytes. Where that matters, build with the digest of the image that you have looked at:
#   --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /opt/reelay
COPY package.json package-lock.json .npmrc ./
COPY packages/sdk/package.json packages/sdk/
COPY packages/simulator/package.json packages/simulator/
COPY packages/reelay/package.json packages/reelay/
COPY packages/dashboard/package.json packages/dashboard/
COPY examples/package.json examples/

FROM manifests AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY packages packages
# The dashboard shows what it says of each error.
COPY docs/errors.md docs/
RUN npm run build

FROM manifests AS dependencies
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev \
      --workspace packages/sdk --workspace packages/simulator --workspace packages/reelay
# 1 keeps the packages that draw previews and posters. One of them, node-av, holds an FFmpeg that was built with GPL parts.
ARG WITH_MEDIA=0
RUN case "$WITH_MEDIA" in \
      0) npm uninstall --ignore-scripts --no-audit --no-fund --omit=dev --workspace packages/reelay \
           node-av @napi-rs/canvas @fontsource/inter ;; \
      1) ;; \
      *) echo "WITH_MEDIA must be 0 or 1, and is: $WITH_MEDIA" >&2; exit 1 ;; \
    esac

FROM ${NODE_IMAGE}
WORKDIR /opt/reelay
# Owned by root: the process may read the program, and write to its data directory only.
COPY --from=dependencies /opt/reelay ./
COPY LICENSE ./
COPY packages/reelay/bin packages/reelay/bin
COPY packages/simulator/bin packages/simulator/bin
COPY packages/simulator/clips packages/simulator/clips
COPY --from=build /opt/reelay/packages/sdk/dist packages/sdk/dist
COPY --from=build /opt/reelay/packages/simulator/dist packages/simulator/dist
COPY --from=build /opt/reelay/packages/reelay/dist packages/reelay/dist
COPY --from=build /opt/reelay/packages/reelay/dashboard packages/reelay/dashboard
RUN chmod 0755 packages/reelay/bin/reelay.js \
    && ln -s /opt/reelay/packages/reelay/bin/reelay.js /usr/local/bin/reelay \
    && install -d -o 1000 -g 1000 -m 0700 /var/lib/reelay

ENV NODE_ENV=production \
    REELAY_DATA_DIR=/var/lib/reelay \
    REELAY_HOST=0.0.0.0 \
    REELAY_PORT=7373
# By number, so that an orchestrator can see that it is not root's.
USER 1000:1000
VOLUME ["/var/lib/reelay"]
EXPOSE 7373
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.REELAY_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell in between, so that signals reach the process.
# A bound for what Node lets its youngest objects take before it collects them: less memory when idle, and less growth under load.
ENTRYPOINT ["node", "--max-semi-space-size=8", "/opt/reelay/packages/reelay/bin/reelay.js"]
CMD ["serve"]

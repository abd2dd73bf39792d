# The digest is the index of node:26.10.0-slim for all platforms.
FROM node:26.10.0-slim@sha256:ec7758ee051e457b468b32bde57b0879010b325bb9862718e9615225ce4aaae1 AS pages
WORKDIR /posthorn
COPY package.json package-lock.json .npmrc ./
COPY ui ./ui
COPY packages ./packages
# The script `prepare` builds the pages.
RUN npm ci --omit=optional

FROM node:26.10.0-slim@sha256:ec7758ee051e457b468b32bde57b0879010b325bb9862718e9615225ce4aaae1
WORKDIR /posthorn
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
COPY ui/package.json ./ui/package.json
COPY packages ./packages
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY src ./src
COPY --from=pages /posthorn/ui/dist ./ui/dist
# A new volume takes over this folder's owner.
RUN mkdir /data && chown node:node /data
VOLUME /data
ENV POSTHORN_DATABASE=sqlite:/data/posthorn.db
ENV POSTHORN_HOST=0.0.0.0
USER node
EXPOSE 4080
HEALTHCHECK --start-period=30s --start-interval=1s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.POSTHORN_PORT ?? 4080}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
LABEL org.opencontainers.image.title="Posthorn"
LABEL org.opencontainers.image.description="A self-hosted service that sends webhooks and speaks your product's own webhook API"
LABEL org.opencontainers.image.licenses="MIT"
# deploy/docker-bake.hcl gives both.
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.version="${VERSION}"
LABEL org.opencontainers.image.revision="${REVISION}"
# As npm start does. The arguments of `docker run` are a command of posthorn, such as `migrate`.
ENTRYPOINT ["node", "--min-semi-space-size=16", "--max-semi-space-size=16", "src/posthorn.js"]
CMD ["serve"]

FROM node:26-slim
WORKDIR /posthorn
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY src ./src
USER node
EXPOSE 4080
ENV POSTHORN_HOST=0.0.0.0
# As npm start does.
CMD ["node", "--min-semi-space-size=16", "--max-semi-space-size=16", "src/main.ts", "serve"]

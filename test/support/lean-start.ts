// Ends a process that loads a module that a start does not need. prom-client loads the API of OpenTelemetry.

import { registerHooks } from 'node:module'

const unneeded =
  /^(@opentelemetry\/sdk|@fastify\/(swagger|ajv-compiler)|ajv|jose|pino-pretty|undici|typebox\/(compile|value))/

registerHooks({
  resolve(specifier, context, next) {
    if (unneeded.test(specifier)) {
      console.error(`loads ${specifier}`)
      process.exit(99)
    }
    return next(specifier, context)
  },
})

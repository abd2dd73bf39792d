// Ends a process that loads the SDK of OpenTelemetry. prom-client loads its API.

import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@opentelemetry/sdk')) {
      console.error(`loads ${specifier}`)
      process.exit(99)
    }
    return next(specifier, context)
  },
})

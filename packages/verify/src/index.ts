// Verifies deliveries of Posthorn, of every dialect, with Web Crypto.

export {
  type Context,
  expressHandler,
  fastifyPlugin,
  fetchHandler,
  type Handle,
  type HandlerOptions,
  honoHandler,
} from './handlers.ts'
export type { Recipe } from './recipe.ts'
export { type DialectName, recipes } from './recipes.ts'
export { type Received, type Receiving, type StandardEvent, VerificationError, verify } from './verify.ts'
export type { StepName } from './checks.ts'

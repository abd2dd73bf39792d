// The verifier of customers' tokens, whose modules are loaded only if tokens are accepted.

import type { Logger } from 'pino'
import type { TokenSettings } from './config/token-settings.ts'
import type { TokenVerifier } from './front/tokens.ts'
import type { Guard } from './net/guard.ts'
import { systemClock } from './system.ts'

/** Null: tokens are not accepted. */
export async function openTokenVerifier(
  settings: TokenSettings | null,
  guard: Guard,
  logger: Logger,
): Promise<TokenVerifier | null> {
  if (settings === null) return null
  const { createTokenVerifier } = await import('./front/tokens.ts')
  const { keys, ...claims } = settings
  const key = 'secret' in keys ? keys.secret : await keysAt(keys.url, guard, logger)
  return createTokenVerifier({ ...claims, key, clock: systemClock })
}

async function keysAt(url: string, guard: Guard, logger: Logger) {
  const { KeySet } = await import('./front/key-set.ts')
  const { createGuardedFetch } = await import('./net/guarded-fetch.ts')
  const report = (reason: string | null): void => {
    if (reason === null) logger.info('the key set for tokens can be read again')
    else logger.warn({ reason }, 'the key set for tokens cannot be read')
  }
  return new KeySet({ url, fetch: createGuardedFetch(guard), clock: systemClock, report }).find
}

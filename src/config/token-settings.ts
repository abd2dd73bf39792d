// The settings for customers' tokens, checked together.

import { hour } from '../domain/time.ts'
import { SettingError, type Settings } from './settings.ts'

export interface TokenSettings {
  /** The shared secret (HS256, HS384 or HS512), or the URL of a JSON Web Key Set. */
  readonly keys: { readonly secret: string } | { readonly url: string }
  readonly audience: string
  /** Null: tokens of any issuer that has the keys. */
  readonly issuer: string | null
  /** The longest time for which a token may be valid. */
  readonly maxMs: number
}

/** How customers' tokens are verified; null: they are not accepted. @throws SettingError */
export function tokenSettings(settings: Settings): TokenSettings | null {
  const { jwtSecret, jwksUrl, jwtAudience: audience, jwtIssuer: issuer, jwtMaxHours, allowHttp } = settings
  if (jwtSecret === null && jwksUrl === null) {
    const variable = audience !== '' ? 'POSTHORN_JWT_AUDIENCE' : 'POSTHORN_JWT_ISSUER'
    if (audience + issuer !== '') throw new SettingError(`${variable} needs POSTHORN_JWT_SECRET or POSTHORN_JWKS_URL`)
    return null
  }
  if (jwtSecret === null && jwksUrl?.startsWith('http:') === true && !allowHttp) {
    throw new SettingError('POSTHORN_JWKS_URL must be https://, unless POSTHORN_ALLOW_HTTP is on')
  }
  if (audience === '') {
    const variable = jwtSecret === null ? 'POSTHORN_JWKS_URL' : 'POSTHORN_JWT_SECRET'
    throw new SettingError(`${variable} needs POSTHORN_JWT_AUDIENCE: a token must be meant for this service`)
  }
  return {
    keys: jwtSecret === null ? { url: jwksUrl ?? '' } : { secret: jwtSecret },
    audience,
    issuer: issuer === '' ? null : issuer,
    maxMs: jwtMaxHours * hour,
  }
}

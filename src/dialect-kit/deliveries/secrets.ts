// The signing secrets of endpoints: how one is generated, which ones customers may choose, and the key that each is.

import type { KeyObject } from 'node:crypto'
import type { InstallationSecret } from '../../contracts/delivery-dialect.ts'
import type { Recipe } from '../../contracts/recipe.ts'
import type { RandomBytes } from '../../domain/ids.ts'
import { textKey } from '../../signing/hmac.ts'
import { jwsAlgorithms, publicJwk } from '../../signing/jws.ts'
import { type KeyPairKind, newKeyPair, privateKeyOf, publicPem } from '../../signing/key-pairs.ts'
import { newStandardSecret, standardKey, standardSecretFault } from '../../signing/standard-webhooks.ts'
import { idForm } from '../id-forms.ts'

export interface SecretForm {
  /** Null: endpoints have no secret. */
  readonly create: ((random: RandomBytes) => string) | null
  /** The fault of a secret that a customer chose; null: it has none. */
  readonly fault: (secret: string) => string | null
  readonly key: (secret: string) => KeyObject
  /** How a receiver makes the key of a secret. Absent: no recipe describes it. */
  readonly keyForm?: Exclude<Recipe['key'], { readonly publicKey: unknown }>
  /** Returns a new secret of a tenant, which signs for all its endpoints; absent: tenants have no secret. */
  readonly createForTenant?: (random: RandomBytes) => string
  /** The API keys of a tenant sign; default: they do not, and only their hashes are kept. */
  readonly apiKeysSign?: true
  /** The key pair with which the installation signs for all endpoints; absent: it has none. */
  readonly installation?: InstallationSecret
}

/** Secrets of the Standard Webhooks specification: `whsec_` and base64, of which the bytes are the key. */
export const standardSecrets: SecretForm = {
  create: newStandardSecret,
  fault: standardSecretFault,
  key: standardKey,
  keyForm: { secret: 'base64', prefix: 'whsec_' },
}

export interface TextSecretsForm {
  /** Template of a generated secret, such as `whsec_{base62:32}`. */
  readonly form: string
  /** The most characters of a secret that a customer chooses; default: 256. */
  readonly charsMax?: number
  /** The secrets that a customer may choose; default: any text that is not too long. */
  readonly accepts?: RegExp
  /** The fault of a secret that a customer chose; default: too long, empty, or not well-formed text. */
  readonly fault?: (secret: string) => string | null
}

/** Secrets whose text is the key. */
export function textSecrets({ form, charsMax = 256, accepts, fault }: TextSecretsForm): SecretForm {
  const template = idForm(form, 'deliveries.secrets.form')
  return {
    create: (random) => template.create(random, 0, 0),
    fault: fault ?? ((secret) => (accepts?.test(secret) === false ? patternFault : textFault(secret, charsMax))),
    key: textKey,
    keyForm: { secret: 'text' },
  }
}

const patternFault = 'must have the form of the secrets that this product generates'

function textFault(secret: string, charsMax: number): string | null {
  if (secret === '') return 'should not be empty'
  if (secret.length > charsMax) return `must be shorter than or equal to ${charsMax} characters`
  // All lone surrogates become the same UTF-8 bytes, so two secrets that differ only in one would sign the same.
  return secret.isWellFormed() ? null : 'must be well-formed Unicode text'
}

/** The same secrets, but of the tenant: one signs for all its endpoints, and the operator rotates it. */
export function secretsOfTenant({ create, key, keyForm }: SecretForm): SecretForm {
  return {
    create: null,
    fault: () => 'this product signs with a secret of the account',
    key,
    ...(keyForm && { keyForm: { ...keyForm, of: 'account' } }),
    ...(create !== null && { createForTenant: create }),
  }
}

/**
 * The API keys of the tenant are the secrets. They are kept, sealed with the master key, so that its owner could read them:
 * everywhere else only their hashes are kept.
 */
export const apiKeySecrets: SecretForm = {
  create: null,
  fault: () => 'this product signs with the API key',
  key: textKey,
  keyForm: { secret: 'text', of: 'apiKey' },
  apiKeysSign: true,
}

/** No secrets and no signatures. */
export const noSecrets: SecretForm = {
  create: null,
  fault: () => 'this product does not sign',
  key: () => {
    throw new Error('this product does not sign')
  },
}

/** A key pair of the installation signs for all endpoints. */
function keyPair(kind: KeyPairKind): SecretForm & Required<Pick<SecretForm, 'installation'>> {
  const key = (secret: string): KeyObject => privateKeyOf(kind, secret)
  return {
    create: null,
    fault: () => 'this product signs with a key of the installation',
    key,
    installation: {
      jwsAlgorithm: jwsAlgorithms[kind],
      generate: () => newKeyPair(kind),
      key,
      publicKey: publicPem,
      publicJwk: (secret) => publicJwk(key(secret)),
    },
  }
}

/** Ed25519: the installation has a key pair, and endpoints have no secrets. */
export const ed25519KeyPair = keyPair('ed25519')
/** 2048 bits. */
export const rsaKeyPair = keyPair('rsa')
/** ECDSA with the curve P-256. */
export const p256KeyPair = keyPair('p256')

/** Endpoints have secrets, and the installation has a key pair: both sign. */
export function withKeyPair(form: SecretForm, { installation }: typeof ed25519KeyPair): SecretForm {
  return { ...form, installation }
}

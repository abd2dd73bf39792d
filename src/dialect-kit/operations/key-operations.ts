// The keys of the installation and the secrets of tenants, as operations of a vendor's API.

import { withCheckedOptions } from '../checked-options.ts'
import { keyOptions } from '../option-shapes.ts'
import { Type } from 'typebox'
import type { SigningSecret } from '../../domain/endpoint.ts'
import { failure, success } from '../../domain/problem.ts'
import { answerWith } from '../../http/answer.ts'
import { rotateTenantSecret as rotateSecret, tenantSecrets } from '../../operations/tenant-secrets.ts'
import { type Duration, durationMs } from '../durations.ts'
import { schemaOf } from './schema-of.ts'
import type { Described, Operation } from './operation.ts'

export interface PublicKeyForm extends Described {
  /** Whether the operation needs no key of the API, as most products have it; default: true. */
  readonly isPublic?: boolean
}

const text = Type.String()
const some = Type.Optional(text)
/** `crv`, `x` and `y` are of curves, `n` and `e` of RSA. */
const jwk = Type.Object({
  kty: text,
  kid: text,
  alg: text,
  use: text,
  crv: some,
  x: some,
  y: some,
  n: some,
  e: some,
})

/** The key set (RFC 7517): all keys with which a receiver may have to verify, the newest first. */
function jwks({ isPublic = true, ...described }: PublicKeyForm = {}): Operation {
  return {
    kind: 'publicKeys',
    access: 'read',
    operationId: 'getWebhookKeys',
    summary: 'The public keys that verify webhooks, as a JSON Web Key Set',
    ...(isPublic && { isPublic, needs: null }),
    tenantless: true,
    endpointless: true,
    ...described,
    route: ({ context, dialect }) => ({
      answers: { 200: Type.Object({ keys: Type.Array(jwk) }) },
      handle() {
        const pairs = context.installationKeys.published(dialect.name, context.clock.now())
        return success({ status: 200, body: { keys: pairs.map((pair) => pair.jwk) } })
      },
    }),
  }
}

export interface PemForm extends PublicKeyForm {
  /** The answer, of the PEM; default: the PEM as text. */
  readonly answer?: (pem: string) => Readonly<Record<string, unknown>>
}

/** The key that signs now, as PEM. */
function pem({ isPublic = true, answer, ...described }: PemForm = {}): Operation {
  const mediaType = 'application/x-pem-file'
  return {
    kind: 'publicKeys',
    access: 'read',
    operationId: 'getWebhookPublicKey',
    summary: 'The public key that verifies webhooks, as PEM',
    ...(isPublic && { isPublic, needs: null }),
    tenantless: true,
    endpointless: true,
    ...described,
    route: ({ context, dialect }) => ({
      answers: {
        200:
          answer === undefined
            ? { description: 'The PEM', content: { [mediaType]: { schema: text } } }
            : schemaOf([answer('')]),
      },
      handle() {
        const now = context.clock.now()
        const pairs = context.installationKeys.published(dialect.name, now)
        const found = pairs.find(({ signsAt }) => signsAt <= now)
        if (found === undefined) return failure({ kind: 'notFound', what: 'public key of dialect', id: dialect.name })
        return success(
          answer === undefined
            ? { status: 200, headers: { 'content-type': mediaType }, body: found.pem }
            : { status: 200, body: answer(found.pem) },
        )
      },
    }),
  }
}

export interface SecretForm extends Described {
  /** The answer, of the newest secret. */
  readonly answer: (secret: string) => Readonly<Record<string, unknown>>
}

/** Shows the secret of the tenant, where the product signs with one. */
function tenantSecret({ answer, ...described }: SecretForm): Operation {
  return {
    kind: 'tenantSecret',
    endpointless: true,
    access: 'read',
    operationId: 'getWebhookSecret',
    summary: 'The secret that verifies the webhooks of the account',
    ...described,
    route: ({ context }) => ({
      audits: 'secret.read',
      answers: { 200: schemaOf([answer('')]) },
      handle: ({ principal, tenant }) => answerWith(tenantSecrets(context, principal, tenant), newest(answer)),
    }),
  }
}

export interface RotateForm extends SecretForm {
  /** How long the former secret signs too; default: it ends at once. */
  readonly overlap?: Duration
}

/** Replaces the secret of the tenant. */
function rotateTenantSecret({ answer, overlap = '0s', ...described }: RotateForm): Operation {
  const overlapMs = durationMs(overlap, 'routes')
  return {
    kind: 'rotateTenantSecret',
    endpointless: true,
    access: 'write',
    operationId: 'rotateWebhookSecret',
    summary: 'Replace the secret that verifies the webhooks of the account',
    ...described,
    route: ({ context }) => ({
      audits: 'tenant_secret.rotate',
      answers: { 200: schemaOf([answer('')]) },
      handle: ({ principal, tenant }) =>
        answerWith(rotateSecret(context, principal, tenant, overlapMs), newest(answer)),
    }),
  }
}

function newest(answer: SecretForm['answer']) {
  return ([secret]: readonly SigningSecret[]) => ({ status: 200 as const, body: answer(secret?.value ?? '') })
}

/** The operations on keys: `keys.jwks()`, `keys.pem()`, `keys.tenantSecret({ answer })` and `keys.rotateTenantSecret({ answer })`. */
export const keys = withCheckedOptions('keys', { jwks, pem, rotateTenantSecret, tenantSecret }, keyOptions)

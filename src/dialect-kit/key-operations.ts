// The public keys of the installation, as operations of a vendor's API.

import { Type } from 'typebox'
import { failure, success } from '../domain/problem.ts'
import { schemaOf } from './schema-of.ts'
import type { Described, Operation } from './operation.ts'

export interface PublicKeyForm extends Described {
  /** Whether the operation needs no key of the API, as most products have it; default: true. */
  readonly isPublic?: boolean
}

const jwk = Type.Object({ kty: Type.String(), kid: Type.String(), alg: Type.String(), use: Type.String() })

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
  const text = 'application/x-pem-file'
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
            ? { description: 'The PEM', content: { [text]: { schema: Type.String() } } }
            : schemaOf([answer('')]),
      },
      handle() {
        const now = context.clock.now()
        const pairs = context.installationKeys.published(dialect.name, now)
        const found = pairs.find(({ signsAt }) => signsAt <= now)
        if (found === undefined) return failure({ kind: 'notFound', what: 'public key of dialect', id: dialect.name })
        return success(
          answer === undefined
            ? { status: 200, headers: { 'content-type': text }, body: found.pem }
            : { status: 200, body: answer(found.pem) },
        )
      },
    }),
  }
}

export const keys = { jwks, pem }

import { Type } from 'typebox'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { listSigningKeys, rotateSigningKey, type SigningKey } from '../operations/signing-keys.ts'
import { SigningKeysSchema } from './answer-shapes.ts'
import { time } from './shapes.ts'

const DialectPath = Type.Object({ dialect: Type.String() })
const shared = { tag: 'Dialects', path: '/v1/dialects/:dialect/signing-keys', params: DialectPath } as const
const seconds = (msDefault: number, msMax: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: msMax / 1000, default: msDefault / 1000, description }))

export function signingKeyRoutes(context: Context): AnyRoute[] {
  return [
    route({
      ...shared,
      method: 'GET',
      operationId: 'listSigningKeys',
      summary: 'List the key pairs of the installation that a dialect signs with, newest first',
      access: 'read',
      answers: { 200: SigningKeysSchema },
      handle({ params }) {
        const keys = listSigningKeys(context, params.dialect)
        return keys.ok ? success({ status: 200, body: keysBody(keys.value) }) : keys
      },
    }),
    route({
      ...shared,
      method: 'POST',
      operationId: 'rotateSigningKey',
      summary: 'Add a key pair: it is published now, and signs later',
      access: 'write',
      audits: 'signing_key.rotate',
      body: Type.Object(
        {
          leadSeconds: seconds(
            limits.installationKeyLeadMsDefault,
            limits.installationKeyLeadMsMax,
            'For how long the new pair is published before it signs.',
          ),
          overlapSeconds: seconds(
            limits.installationKeyOverlapMsDefault,
            limits.installationKeyOverlapMsMax,
            'For how long the other pairs stay published after that.',
          ),
        },
        { additionalProperties: false, examples: [{ leadSeconds: 3600, overlapSeconds: 604_800 }] },
      ),
      answers: { 201: SigningKeysSchema },
      handle: ({ principal, params, body }) =>
        answerWith(
          rotateSigningKey(context, principal, params.dialect, {
            ...(body.leadSeconds !== undefined && { leadMs: body.leadSeconds * 1000 }),
            ...(body.overlapSeconds !== undefined && { overlapMs: body.overlapSeconds * 1000 }),
          }),
          (keys) => ({ status: 201, body: keysBody(keys) }),
        ),
    }),
  ]
}

function keysBody(keys: readonly SigningKey[]): unknown {
  return {
    data: keys.map(({ jwk, pem, signs, createdAt, signsAt, publishedUntil }) => ({
      id: jwk['kid'],
      algorithm: jwk['alg'],
      publicKey: pem,
      signs,
      createdAt: time(createdAt),
      signsAt: time(signsAt),
      publishedUntil: publishedUntil === null ? null : time(publishedUntil),
    })),
  }
}

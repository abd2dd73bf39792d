import { Type } from 'typebox'
import type { OperatorKeyId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { answerWith } from '../http/answer.ts'
import { type AnyRoute, route } from '../http/route.ts'
import { type Context } from '../operations/context.ts'
import {
  changeOperatorKey,
  createOperatorKey,
  deleteOperatorKey,
  getOperatorKey,
  listOperatorKeys,
} from '../operations/operator-keys.ts'
import { timeOf } from './events.ts'
import { OperatorKeySchema, operatorKeyShape, operatorRoles } from './key-shapes.ts'
import { Time } from './shapes.ts'

const Name = Type.String({ minLength: 1, maxLength: limits.nameCharsMax })
const Expiry = Type.Union([Time, Type.Null()], { description: 'The key is refused from then on; null: no end.' })
const KeyPath = Type.Object({ operatorKey: Type.String() })
const strict = { additionalProperties: false }

const shared = { tag: 'Operator keys', operators: [] } as const

export function operatorKeyRoutes(context: Context): AnyRoute[] {
  return [createRoute(context), listRoute(context), getRoute(context), changeRoute(context), deleteRoute(context)]
}

function createRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'POST',
    path: '/v1/operator-keys',
    operationId: 'createOperatorKey',
    audits: 'operator_key.create',
    summary: 'Create an operator key; the answer is the only place that shows it',
    access: 'write',
    body: Type.Object(
      { name: Name, role: Type.Enum(operatorRoles), expiresAt: Type.Optional(Expiry) },
      { ...strict, examples: [{ name: 'Billing service', role: 'publish' }] },
    ),
    answers: { 201: OperatorKeySchema },
    async handle({ principal, body: { name, role, expiresAt } }) {
      const input = { name, role, expiresAt: timeOf(expiresAt ?? undefined) }
      const created = await createOperatorKey(context, principal, input)
      if (!created.ok) return created
      const { operatorKey, text } = created.value
      return success({ status: 201, body: { ...operatorKeyShape(operatorKey), key: text } })
    },
  })
}

function listRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: '/v1/operator-keys',
    operationId: 'listOperatorKeys',
    summary: 'List operator keys, newest first, without the one in the settings',
    access: 'read',
    answers: { 200: Type.Object({ data: Type.Array(OperatorKeySchema) }) },
    async handle() {
      return success({ status: 200, body: { data: (await listOperatorKeys(context)).map(operatorKeyShape) } })
    },
  })
}

function getRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'GET',
    path: '/v1/operator-keys/:operatorKey',
    operationId: 'getOperatorKey',
    summary: 'Get an operator key',
    access: 'read',
    params: KeyPath,
    answers: { 200: OperatorKeySchema },
    handle: ({ params }) =>
      answerWith(getOperatorKey(context, params.operatorKey as OperatorKeyId), (key) => ({
        status: 200,
        body: operatorKeyShape(key),
      })),
  })
}

function changeRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'PATCH',
    path: '/v1/operator-keys/:operatorKey',
    operationId: 'changeOperatorKey',
    audits: 'operator_key.change',
    summary: 'Change the name or the end of an operator key, at once',
    access: 'write',
    params: KeyPath,
    body: Type.Object(
      { name: Type.Optional(Name), expiresAt: Type.Optional(Expiry) },
      { ...strict, examples: [{ name: 'Billing service, second region' }] },
    ),
    answers: { 200: OperatorKeySchema },
    handle({ principal, params, body: { name, expiresAt } }) {
      const change = {
        ...(name !== undefined && { name }),
        ...(expiresAt !== undefined && { expiresAt: timeOf(expiresAt ?? undefined) }),
      }
      return answerWith(changeOperatorKey(context, principal, params.operatorKey as OperatorKeyId, change), (key) => ({
        status: 200,
        body: operatorKeyShape(key),
      }))
    },
  })
}

function deleteRoute(context: Context): AnyRoute {
  return route({
    ...shared,
    method: 'DELETE',
    path: '/v1/operator-keys/:operatorKey',
    operationId: 'deleteOperatorKey',
    audits: 'operator_key.delete',
    summary: 'Delete an operator key, at once',
    access: 'write',
    params: KeyPath,
    answers: { 204: Type.Null() },
    handle: ({ principal, params }) =>
      answerWith(deleteOperatorKey(context, principal, params.operatorKey as OperatorKeyId), () => ({ status: 204 })),
  })
}

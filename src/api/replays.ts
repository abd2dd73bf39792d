import { Type } from 'typebox'
import type { EndpointId, ReplayId, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { success } from '../domain/problem.ts'
import { answerWith } from '../http/answer.ts'
import { pageBody, pageRequest } from '../http/cursor.ts'
import { type AnyRoute, route } from '../http/route.ts'
import type { Context } from '../operations/context.ts'
import { cancelReplay, createReplay, findReplay, listReplays, startReplay } from '../operations/replay-jobs.ts'
import { timeOf } from './events.ts'
import { Outcome, ReplaySchema, replayShape, Status } from './replay-shape.ts'
import { PageOf, PageQuery, Time } from './shapes.ts'

const strict = { additionalProperties: false }
const tag = 'Replays'
const Rate = Type.Integer({
  minimum: 1,
  maximum: limits.replayRateMax,
  default: limits.replayRateDefault,
  description: 'Deliveries in a second.',
})
const ReplayPath = Type.Object({ replay: Type.String() })
export function replayRoutes(context: Context): AnyRoute[] {
  return [
    createReplayRoute(context),
    listReplaysRoute(context),
    getReplayRoute(context),
    startReplayRoute(context),
    cancelReplayRoute(context),
  ]
}

function createReplayRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: '/v1/replays',
    operationId: 'createReplay',
    audits: 'replay.create',
    summary: 'Send deliveries of a tenant again at a rate; or only count them, with dryRun',
    tag,
    access: 'write',
    body: Type.Object(
      {
        filter: Type.Object(
          {
            tenant: Type.String(),
            endpoint: Type.Optional(Type.String()),
            status: Type.Optional(
              Type.Array(Status, { minItems: 1, maxItems: 4, description: 'Default: failed and cancelled.' }),
            ),
            eventType: Type.Optional(Type.String({ maxLength: limits.eventTypeCharsMax })),
            outcome: Type.Optional(Outcome),
            from: { ...Time, description: 'Events that were accepted at this time or later.' },
            to: Type.Optional({ ...Time, description: 'Accepted before this time; default: now.' }),
          },
          strict,
        ),
        missing: Type.Optional(
          Type.Boolean({ description: 'Add deliveries of events to endpoints that want them now and never got them.' }),
        ),
        dryRun: Type.Optional(Type.Boolean({ description: 'Create a preview, which can be started for an hour.' })),
        rate: Type.Optional(Rate),
      },
      { ...strict, examples: [{ filter: { tenant: 'globex', from: '2026-01-01T00:00:00Z' }, dryRun: true }] },
    ),
    answers: { 201: ReplaySchema },
    handle({ principal, body: { filter, missing = false, dryRun = false, rate } }) {
      const { tenant, endpoint, status, eventType, outcome, from, to } = filter
      const input = {
        tenant: tenant as TenantId,
        ...(endpoint !== undefined && { endpoint: endpoint as EndpointId }),
        ...(status !== undefined && { statuses: status }),
        ...(eventType !== undefined && { eventType }),
        ...(outcome !== undefined && { outcome }),
        from: timeOf(from) ?? 0,
        to: timeOf(to),
        missing,
        dryRun,
        ...(rate !== undefined && { rate }),
      }
      return answerWith(createReplay(context, principal, input), (replay) => ({
        status: 201,
        body: replayShape(replay),
      }))
    },
  })
}

function listReplaysRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/replays',
    operationId: 'listReplays',
    summary: 'List replays, newest first',
    tag,
    access: 'read',
    query: Type.Object({ ...PageQuery, tenant: Type.Optional(Type.String()) }, strict),
    answers: { 200: PageOf(ReplaySchema) },
    async handle({ query }) {
      const page = pageRequest('replays', query)
      if (!page.ok) return page
      const rows = await listReplays(context, (query.tenant as TenantId | undefined) ?? null, page.value)
      return success({ status: 200, body: pageBody('replays', rows, replayShape) })
    },
  })
}

function getReplayRoute(context: Context): AnyRoute {
  return route({
    method: 'GET',
    path: '/v1/replays/:replay',
    operationId: 'getReplay',
    summary: 'Get a replay with its progress',
    tag,
    access: 'read',
    params: ReplayPath,
    answers: { 200: ReplaySchema },
    handle: ({ params }) =>
      answerWith(findReplay(context, params.replay as ReplayId), (replay) => ({
        status: 200,
        body: replayShape(replay),
      })),
  })
}

function startReplayRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: '/v1/replays/:replay/start',
    operationId: 'startReplay',
    audits: 'replay.start',
    summary: 'Start a replay that was created with dryRun',
    tag,
    access: 'write',
    params: ReplayPath,
    answers: { 200: ReplaySchema },
    handle: ({ principal, params }) =>
      answerWith(startReplay(context, principal, params.replay as ReplayId), (replay) => ({
        status: 200,
        body: replayShape(replay),
      })),
  })
}

function cancelReplayRoute(context: Context): AnyRoute {
  return route({
    method: 'POST',
    path: '/v1/replays/:replay/cancel',
    operationId: 'cancelReplay',
    audits: 'replay.cancel',
    summary: 'End a replay; deliveries that it has made due are still attempted',
    tag,
    access: 'write',
    params: ReplayPath,
    answers: { 200: ReplaySchema },
    handle: ({ principal, params }) =>
      answerWith(cancelReplay(context, principal, params.replay as ReplayId), (replay) => ({
        status: 200,
        body: replayShape(replay),
      })),
  })
}

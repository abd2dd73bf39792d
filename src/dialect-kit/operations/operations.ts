// The operations of a vendor's API on endpoints. Each function gives an operation for the route table of a dialect.

import { type TSchema, Type } from 'typebox'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointId } from '../../domain/ids.ts'
import { andThenOk } from '../../domain/maybe-promise.ts'
import { failure, invalidField, success } from '../../domain/problem.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { Unavailable } from '../../domain/unavailable.ts'
import { answerWith, type SuccessAnswer } from '../../http/answer.ts'
import { changeEndpoint, rotateSecret } from '../../operations/change-endpoint.ts'
import { type Context, tenantFor } from '../../operations/context.ts'
import { createEndpoint, type NewEndpoint } from '../../operations/create-endpoints.ts'
import { deleteEndpoint, getEndpoint, listEndpoints, withStatuses } from '../../operations/endpoints.ts'
import { sendTest } from '../../operations/test-endpoint.ts'
import {
  changed,
  type Facts,
  idOf,
  ofMember,
  nameIn,
  secretsRecorder,
  shownChange,
  textOf,
  valueOf,
  withFacts,
  wrappedSchema,
  wrapper,
} from './answers.ts'
import { type Duration, durationMs } from '../durations.ts'
import { memberSchema } from '../fields/nested.ts'
import type { AnyCall, Answered, Described, Operation, RouteKit, Wrapped } from './operation.ts'
import type { Pages } from '../pages/pages.ts'
import { schemaOf } from './schema-of.ts'

export interface MemberForm extends Answered {
  /** The object of the webhook that is shown, or changed, alone, such as `config`; default: the whole webhook. */
  readonly member?: string
}

/** One endpoint. */
export function get({ status = 200, wrap: given, member, ...described }: MemberForm = {}): Operation {
  const { operationId, wrap } = ofMember(member, given, 'getWebhook')
  return {
    access: 'read',
    kind: member === undefined ? 'get' : 'getMember',
    operationId,
    summary: 'Get a webhook',
    ...described,
    route(kit) {
      const text = textOf(kit, 'get', wrap)
      const facts = withFacts(kit, 'get')
      const record = secretsRecorder(kit, 'get')
      const { auditTrail } = kit.context
      return {
        ...(kit.fields.showsSecrets('get') && { audits: 'secret.read' }),
        answers: { [status]: wrappedSchema(wrap, kit.fields.schema('get')) },
        handle(call) {
          auditTrail.assertRoom()
          const result = getEndpoint(kit.context, call.principal, call.tenant, idOf(kit, call))
          return answerWith(facts(result), (found) => {
            record(call, found.endpoint)
            return { status, body: text(found, call) }
          })
        },
      }
    },
  }
}

export interface ListForm extends Described, Wrapped<readonly unknown[]> {
  /** How the list comes in pages; default: whole. */
  readonly pages?: Pages
  /** Parameters that select endpoints. */
  readonly where?: Readonly<Record<string, Filter>>
}

/** A parameter of a list. */
export interface Filter {
  readonly schema: TSchema
  readonly test: (endpoint: Endpoint, value: never) => boolean
}

/** The whole list in one answer. */
function wholeList(wrap: ListForm['wrap']): Pages {
  const answer = wrapper(wrap)
  return {
    query: {},
    schema: (items) => wrappedSchema(wrap, items),
    page: (endpoints) => success({ endpoints, answer }),
  }
}

/** The endpoints of the tenant, the newest first. */
export function list({ wrap, pages = wholeList(wrap), where = {}, ...described }: ListForm = {}): Operation {
  const filters = Object.entries(where)
  return {
    access: 'read',
    kind: 'list',
    operationId: 'listWebhooks',
    summary: 'List webhooks, newest first',
    endpointless: true,
    ...(pages.names && { pages: pages.names }),
    ...described,
    route(kit) {
      const { context, fields } = kit
      const value = valueOf(kit, 'list', undefined)
      const needsStatus = fields.needs('list') !== 'nothing'
      const items = Type.Array(fields.schema('list'))
      const shows = fields.showsSecrets('list')
      const query = {
        ...Object.fromEntries(filters.map(([name, { schema }]): [string, TSchema] => [name, Type.Optional(schema)])),
        ...pages.query,
        ...fields.places.query('later'),
      }
      return {
        ...(Object.keys(query).length > 0 && { query: Type.Object(query) }),
        ...(shows !== null && { audits: 'secret.read' }),
        answers: { 200: pages.schema(items) },
        async handle(call) {
          const { principal, tenant, query: given, request } = call
          const { holds } = fields.places
          context.auditTrail.assertRoom()
          const all = await listEndpoints(context, principal, tenant)
          if (!all.ok) return all
          const wanted = all.value.filter(
            (endpoint) =>
              (holds === null || holds(endpoint, call)) &&
              filters.every(([name, { test }]) => given[name] === undefined || test(endpoint, given[name])),
          )
          const page = pages.page(wanted, given, request)
          if (!page.ok) return page
          const { endpoints, answer, headers = {} } = page.value
          if (shows !== null && endpoints.some(shows)) context.auditTrail.secretRead(principal, tenant, null)
          const found: readonly Facts[] = needsStatus
            ? await withStatuses(context, endpoints)
            : endpoints.map((endpoint) => ({ endpoint }))
          return success({ status: 200, headers, body: answer(found.map((one) => value(one, call))) })
        },
      }
    },
  }
}

export interface CreateForm extends Answered {
  /** Whether a new endpoint gets the test event at once; default: it does not. */
  readonly ping?: true
  /**
   * The requests that are refused for a reason that only the product knows, by what they need: the problem is
   * `forbidden:<need>`. Each function takes the settings of the tenant.
   */
  readonly refusals?: Readonly<Record<string, (settings: Tenant['settings']) => boolean>>
}

/** A new endpoint. */
export function create({ status = 201, wrap, refusals = {}, ping, ...described }: CreateForm = {}): Operation {
  const rules = Object.entries(refusals)
  return {
    access: 'write',
    kind: 'create',
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    endpointless: true,
    ...(ping && { pings: true }),
    ...described,
    route(kit) {
      const { context, fields } = kit
      const answerChange = shownChange(kit, 'create', status, wrap)
      const query = fields.places.query('create')
      return {
        audits: 'endpoint.create',
        ...(Object.keys(query).length > 0 && { query: Type.Object(query) }),
        body: fields.createBody,
        anyText: fields.secretNames,
        answers: {
          [status]: wrappedSchema(wrap, fields.schema('create')),
          ...Object.fromEntries(
            rules.map(([needs]) => [kit.statusOf({ kind: 'forbidden', needs }), kit.refusalSchema]),
          ),
        },
        async handle(call) {
          const { principal, tenant, body } = call
          if (rules.length > 0) {
            const found = await tenantFor(context, principal, tenant)
            if (!found.ok) return found
            const refusal = rules.find(([, refuses]) => refuses(found.value.tenant.settings))
            if (refusal !== undefined) return failure({ kind: 'forbidden', needs: refusal[0] })
          }
          const input = fields.input('create', fields.places.given(body, call)) as NewEndpoint
          return answerChange(call, async (answer) => {
            const made = await createEndpoint(context, principal, tenant, input, answer)
            if (made.ok && ping && context.rehearsal === undefined) await pingNew(context, call, made.value.id)
            return made
          })
        },
      }
    },
  }
}

/** Sends the test event to a new endpoint. The endpoint is there, also if the event cannot be stored now. */
async function pingNew(context: Context, { principal, tenant }: AnyCall, id: EndpointId): Promise<void> {
  try {
    await sendTest(context, principal, tenant, id)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
  }
}

export interface ChangeForm extends MemberForm {
  /** Whether a change without any field is refused; default: such a change changes nothing. */
  readonly neverEmpty?: true
}

/** A change of the given fields. The others keep their values. */
export function change({ status = 200, wrap: given, neverEmpty, member, ...described }: ChangeForm = {}): Operation {
  const { operationId, wrap } = ofMember(member, given, 'updateWebhook')
  return {
    access: 'write',
    kind: member === undefined ? 'change' : 'changeMember',
    operationId,
    summary: 'Update a webhook: only the given fields change',
    ...described,
    route(kit) {
      const { context, fields } = kit
      const answerChange = shownChange(kit, 'change', status, wrap)
      const noField = `must have at least one of ${listText(fields.changeNames)}`
      return {
        audits: 'endpoint.change',
        body: member === undefined ? fields.changeBody : memberSchema(fields.changeBody, member),
        anyText: fields.secretNames.map((name) => (member === undefined ? name : name.slice(member.length + 1))),
        answers: { [status]: wrappedSchema(wrap, fields.schema('change')) },
        handle(call) {
          const { principal, tenant, body } = call
          const input = fields.input('change', member === undefined ? body : { [member]: body })
          if (neverEmpty && Object.keys(input).length === 0) return invalidField('body', 'format', noField)
          const id = idOf(kit, call)
          return answerChange(call, (answer) => changeEndpoint(context, principal, tenant, id, input, answer))
        },
      }
    },
  }
}

/** The first `Intl.ListFormat` of a process would take 8 ms. */
function listText(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]*)$/, ' and $1')
}

/** A change of all fields: those that are not given are as in a new webhook. */
export function replace({ status = 200, wrap, ...described }: Answered = {}): Operation {
  return {
    access: 'write',
    kind: 'replace',
    operationId: 'replaceWebhook',
    summary: 'Replace a webhook: fields that are not given are as in a new webhook',
    ...described,
    route(kit) {
      const { context, dialect, fields } = kit
      const { newSecret } = dialect.endpointRules
      const answerChange = shownChange(kit, 'change', status, wrap)
      return {
        audits: 'endpoint.change',
        body: fields.createBody,
        anyText: fields.secretNames,
        answers: { [status]: wrappedSchema(wrap, fields.schema('change')) },
        handle(call) {
          const { principal, tenant, body } = call
          const input = fields.replacement(body, newSecret && (() => newSecret(context.randomBytes)))
          const id = idOf(kit, call)
          return answerChange(call, (answer) => changeEndpoint(context, principal, tenant, id, input, answer))
        },
      }
    },
  }
}

export interface RemoveForm extends Omit<Answered, 'wrap'> {
  /** The body of the answer; default: none. */
  readonly answer?: (id: string) => unknown
}

/** The end of an endpoint. */
export function remove({ status, answer, ...described }: RemoveForm = {}): Operation {
  const answered = status ?? (answer === undefined ? 204 : 200)
  return {
    access: 'write',
    kind: 'remove',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook, for good',
    ...described,
    route: (kit) => ({
      audits: 'endpoint.delete',
      answers: { [answered]: answer === undefined ? Type.Null() : schemaOf([answer('1')]) },
      handle: (call) =>
        removed(kit, call, idOf(kit, call), (id) => ({
          status: answered,
          ...(answer !== undefined && { body: answer(kit.fields.key === null ? id : nameIn(kit, call)) }),
        })),
    }),
  }
}

/** The end of an endpoint. The answer is the endpoint as it was. */
export function removeShown({ status = 200, wrap, ...described }: Answered = {}): Operation {
  return {
    ...remove(described),
    route(kit) {
      const value = valueOf(kit, 'get', wrap)
      const facts = withFacts(kit, 'get')
      const record = secretsRecorder(kit, 'get')
      return {
        audits: 'endpoint.delete',
        answers: { [status]: wrappedSchema(wrap, kit.fields.schema('get')) },
        handle(call) {
          const endpoint = idOf(kit, call)
          kit.context.auditTrail.assertRoom()
          return andThenOk(facts(getEndpoint(kit.context, call.principal, call.tenant, endpoint)), (found) => {
            record(call, found.endpoint)
            return removed(kit, call, endpoint, () => ({ status, body: value(found, call) }))
          })
        },
      }
    },
  }
}

function removed(kit: RouteKit, call: AnyCall, id: EndpointId, render: (id: EndpointId) => SuccessAnswer) {
  const { principal, tenant } = call
  return changed(
    kit,
    call,
    (stored) => deleteEndpoint(kit.context, principal, tenant, id, stored),
    () => render(id),
  )
}

export interface RotateForm extends Answered {
  /** How long the old secrets also sign; default: they end at once. */
  readonly overlap?: Duration
  /** The boolean of the body with which customers ask for the overlap; default: old secrets always overlap. */
  readonly overlapIf?: string
}

/** A new secret. */
export function rotate({ overlap = '0s', overlapIf, status = 200, wrap, ...described }: RotateForm = {}): Operation {
  const overlapMs = durationMs(overlap, 'routes')
  return {
    access: 'write',
    kind: 'rotate',
    operationId: 'rotateWebhookSecret',
    summary: 'Rotate the secret of a webhook',
    ...described,
    route(kit) {
      const answerChange = shownChange(kit, 'rotate', status, wrap)
      return {
        audits: 'secret.rotate',
        ...(overlapIf !== undefined && { body: Type.Object({ [overlapIf]: Type.Optional(Type.Boolean()) }) }),
        answers: { [status]: wrappedSchema(wrap, kit.fields.schema('rotate')) },
        handle(call) {
          const { principal, tenant, body } = call
          const forMs = overlapIf === undefined || body[overlapIf] === true ? overlapMs : 0
          return answerChange(call, () => rotateSecret(kit.context, principal, tenant, idOf(kit, call), forMs))
        },
      }
    },
  }
}

// The requests of operators and customers: events, some posted twice, and changes of everything that can be changed.
// Each request is made to one node, through the operations that every API uses. The ledger records the promises of its
// answer.

import type { DeliveryStatus } from '../../src/domain/delivery.ts'
import type { EndpointId, TenantId } from '../../src/domain/ids.ts'
import { failure, type Result } from '../../src/domain/problem.ts'
import type { Dialect } from '../../src/contracts/dialect.ts'
import type { Context } from '../../src/operations/context.ts'
import { replay, retryDelivery } from '../../src/operations/deliveries.ts'
import { deleteEndpoint } from '../../src/operations/endpoints.ts'
import { changeEndpoint, rotateSecret } from '../../src/operations/change-endpoint.ts'
import { createEndpoint } from '../../src/operations/create-endpoints.ts'
import { type EventInput, publishEvents } from '../../src/operations/publish-event.ts'
import { createReplay } from '../../src/operations/replay-jobs.ts'
import { createTenant, deleteTenant } from '../../src/operations/tenants.ts'
import { sendTestNow } from '../../src/operations/test-endpoint.ts'
import { Unavailable } from '../../src/domain/unavailable.ts'
import type { Life } from './life.ts'
import { pick } from './plan.ts'
import { Posts } from './posts.ts'
import type { World } from './world.ts'
import { settingsOperator } from '../../src/domain/operator-key.ts'
import { everyDelivery } from '../../src/contracts/history-store.ts'

const operator = { kind: 'operator', key: settingsOperator, from: { clientAddress: '127.0.0.1' } } as const

interface Customer {
  readonly tenant: TenantId
  readonly dialect: Dialect
  readonly types: readonly string[]
  readonly endpoints: Registered[]
  /** The labels of all endpoints that it ever requested, also of those that were refused. */
  readonly labels: string[]
  /** A caller has asked for the deletion of the tenant. */
  deleting: boolean
}

interface Registered {
  readonly id: EndpointId
  readonly label: string
  version: number
  /** The node that is changing it. Changes of one endpoint run one at a time, so that the ledger knows what holds. */
  changing: Life | null
}

export class Load {
  readonly customers: Customer[] = []
  readonly posts = new Posts()
  readonly #world: World
  #lastLabel = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Creates the customers with their endpoints, before any fault. */
  async begin(context: Context): Promise<void> {
    const { plan } = this.#world
    for (const dialect of plan.dialects) {
      const tenant = await createTenant(context, operator, { dialect: dialect.name })
      if (!tenant.ok) throw new Error('a tenant was not created')
      const types = dialect.openCatalogue ? ['a.b', 'a.c'] : dialect.eventTypes.slice(0, 2).map(({ name }) => name)
      const customer = { tenant: tenant.value.id, dialect, types, endpoints: [], labels: [], deleting: false }
      this.customers.push(customer)
      for (let count = 0; count < plan.endpointsPerTenant; count++) await this.#register(context, customer)
    }
  }

  async #register(context: Context, customer: Customer): Promise<void> {
    const { random } = this.#world
    const label = `e${++this.#lastLabel}`
    const { wildcards, eventTypesMax = 2 } = customer.dialect.endpointRules
    const eventTypes =
      wildcards !== 'none' && random.between(0, 1) === 0
        ? ['*']
        : customer.types.slice(0, random.between(1, eventTypesMax))
    const input = { url: urlOf(label, 0), eventTypes }
    customer.labels.push(label)
    if (customer.deleting) this.#world.ledger.mayEnd(label, 'endpoint deleted')
    const created = await createEndpoint(context, operator, customer.tenant, input)
    if (created.ok) customer.endpoints.push({ id: created.value.id, label, version: 0, changing: null })
  }

  // ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Posts `count` new events in one request, or one of the earlier events again. */
  async post(life: Life, count: number): Promise<void> {
    const { random } = this.#world
    const earlier = random.between(1, this.posts.all.size)
    // Tests cannot be posted again: their id is known only from the answer.
    const again = count === 1 && random.between(0, 4) === 0 && (this.posts.all.get(earlier)?.id ?? '') !== ''
    const numbers = again ? [earlier] : Array.from({ length: count }, (_, index) => this.posts.all.size + 1 + index)
    const customer = pick(random, this.customers)
    const inputs = numbers.map((number) => this.#eventOf(customer, number))
    const isConflict = again && random.between(0, 2) === 0
    await this.#request(
      life,
      'post',
      async (context) => {
        const results = await publishEvents(
          context,
          inputs.map((input) => ({
            ok: true,
            value: isConflict ? { ...input, data: input.data.replace('}', ',"other":1}') } : input,
          })),
        )
        for (const [index, number] of numbers.entries()) {
          const result = results[index]
          if (result === undefined) this.#world.ledger.violated(`the post of event ${number} has no result`)
          else this.posts.settle(number, result)
        }
      },
      ({ outcomeUnknown }) => {
        for (const number of numbers)
          this.posts.settle(number, failure({ ...unavailable, ...(outcomeUnknown && { outcomeUnknown }) }))
      },
    )
  }

  #eventOf(customer: Customer, number: number): EventInput {
    const before = this.posts.all.get(number)
    const tenant = before?.tenant ?? customer.tenant
    const { types } = this.customers.find((one) => one.tenant === tenant) as Customer
    const id = `id-${number}`
    this.posts.begin(number, tenant, id)
    return { tenant, type: types[number % types.length] as string, id, data: `{"n":${number}}` }
  }

  // ── Changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async change(life: Life): Promise<void> {
    const { random } = this.#world
    const customer = pick(random, this.customers)
    const endpoint = customer.endpoints[random.between(0, customer.endpoints.length - 1)]
    const drawn = random.between(0, 24)
    if (drawn === 0) return this.#deleteTenant(life, customer)
    if (drawn < 3) return this.#request(life, 'create', (context) => this.#register(context, customer))
    if (endpoint === undefined || endpoint.changing?.alive === true) return
    endpoint.changing = life
    if (drawn < 8) await this.#changeUrl(life, customer, endpoint)
    else if (drawn < 13) await this.#setEnabled(life, customer, endpoint, false)
    else if (drawn < 17) await this.#setEnabled(life, customer, endpoint, true)
    else if (drawn < 18) await this.#delete(life, customer, endpoint)
    else if (drawn < 20) await this.#rotate(life, customer, endpoint)
    else if (drawn < 21) await this.#replayJob(life, customer, pick(random, [null, ...replayed]))
    else if (drawn < 22) await this.#replay(life, customer, endpoint, pick(random, replayed))
    else if (drawn < 24) await this.#retry(life, customer)
    else await this.#test(life, customer, endpoint)
    endpoint.changing = null
  }

  async #changeUrl(life: Life, customer: Customer, endpoint: Registered): Promise<void> {
    const version = ++endpoint.version
    await this.#request(life, `change the URL of ${endpoint.label}`, async (context) => {
      const input = { url: urlOf(endpoint.label, version) }
      const { ok } = await changeEndpoint(context, operator, customer.tenant, endpoint.id, input)
      if (!ok) return
      this.#world.ledger.promised(endpoint.label).version = version
      // Replays on every node: a node that does not know of the change would now send to the old URL.
      for (const other of this.#world.working) this.#world.go(this.#replay(other, customer, endpoint, ['delivered']))
    })
  }

  async #setEnabled(life: Life, { tenant }: Customer, endpoint: Registered, enabled: boolean): Promise<void> {
    const { ledger } = this.#world
    if (enabled) ledger.promised(endpoint.label).disabledOrDeleted = false
    else ledger.mayEnd(endpoint.label, 'endpoint disabled')
    await this.#request(life, `${enabled ? 'enable' : 'disable'} ${endpoint.label}`, async (context) => {
      const { ok } = await changeEndpoint(context, operator, tenant, endpoint.id, { enabled })
      if (ok && !enabled) ledger.promised(endpoint.label).disabledOrDeleted = true
    })
  }

  async #delete(life: Life, { tenant }: Customer, endpoint: Registered): Promise<void> {
    this.#world.ledger.mayEnd(endpoint.label, 'endpoint deleted')
    await this.#request(life, `delete ${endpoint.label}`, async (context) => {
      const { ok } = await deleteEndpoint(context, operator, tenant, endpoint.id)
      if (ok) this.#world.ledger.promised(endpoint.label).disabledOrDeleted = true
    })
  }

  async #deleteTenant(life: Life, customer: Customer): Promise<void> {
    const { tenant, labels } = customer
    customer.deleting = true
    for (const label of labels) this.#world.ledger.mayEnd(label, 'endpoint deleted')
    await this.#request(life, `delete tenant ${tenant}`, async (context) => {
      const { ok } = await deleteTenant(context, operator, tenant)
      if (ok) for (const label of labels) this.#world.ledger.promised(label).disabledOrDeleted = true
    })
  }

  #rotate(life: Life, { tenant }: Customer, { id, label }: Registered): Promise<void> {
    const what = `rotate the secret of ${label}`
    return this.#request(life, what, (context) => rotateSecret(context, operator, tenant, id))
  }

  #replay(
    life: Life,
    { tenant }: Customer,
    { id, label }: Registered,
    statuses: readonly DeliveryStatus[],
  ): Promise<void> {
    return this.#request(life, `replay ${label}`, (context) =>
      replay(context, operator, tenant, id, { since: 0, until: context.clock.now() + 1, statuses }),
    )
  }

  /** @param statuses null: missing deliveries */
  #replayJob(life: Life, { tenant }: Customer, statuses: readonly DeliveryStatus[] | null): Promise<void> {
    const deliveries = statuses === null ? { missing: true } : { missing: false, statuses }
    const input = { tenant, from: 0, to: null, dryRun: false, rate: 1000, ...deliveries }
    return this.#request(life, 'replay all', (context) => createReplay(context, operator, input))
  }

  #retry(life: Life, { tenant }: Customer): Promise<void> {
    return this.#request(life, 'retry', async (context) => {
      const { rows } = await context.store.listDeliveries({ ...everyDelivery, tenant }, { limit: 10, after: null })
      if (rows.length > 0) await retryDelivery(context, operator, pick(this.#world.random, rows).id)
    })
  }

  #test(life: Life, { tenant, types }: Customer, { id, label }: Registered): Promise<void> {
    const number = this.posts.all.size + 1
    // The post of a test is never settled: its outcome is not checked.
    this.posts.begin(number, tenant, '')
    const test = { type: types[0] as string, data: `{"n":${number},"test":true}` }
    return this.#request(life, `test ${label}`, (context) => sendTestNow(context, operator, tenant, id, 5000, test))
  }

  /** Runs an operation on one node and waits for its answer, which never comes if the node crashes first. */
  async #request(
    life: Life,
    what: string,
    action: (context: Context) => Promise<Result<unknown> | void>,
    refused: (error: Unavailable) => void = () => {},
  ): Promise<void> {
    const { context } = life
    if (context === null) return refused(new Unavailable('the node is down'))
    this.#world.trace(() => `${life.name} is asked to ${what}`)
    try {
      await action(context)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      refused(error)
    }
  }
}

const replayed: readonly (readonly DeliveryStatus[])[] = [['failed', 'cancelled'], ['delivered'], ['pending', 'failed']]

const unavailable = { kind: 'unavailable', retryAfterSeconds: 1 } as const

function urlOf(label: string, version: number): string {
  return `https://receiver.example/${label}/v${version}`
}

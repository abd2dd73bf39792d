// Posthorn inside another program. It changes nothing of its host: no signals, no output, no settings of V8 or of other
// libraries, and a thread that dies does not end the process.

import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type Logger, pino } from 'pino'
import { openService, type Service } from '../app.ts'
import { version } from '../version.ts'
import { settingTable } from '../config/settings.ts'
import { limits } from '../domain/limits.ts'
import type { Result } from '../domain/problem.ts'
import { publishEvent, publishEvents, type PublishedEvent as Stored } from '../operations/publish-event.ts'
import { errorForCaller, errorOfProblem, PosthornError } from './errors.ts'
import { eventInput, type NewEvent } from './events.ts'
import { mount } from './fastify.ts'
import { answerRequest } from './fetch.ts'
import { type DialectChoice, type EventTypesOf, type PosthornOptions, readOptions } from './options.ts'
import { OwnTransactions } from './own-transactions.ts'
import type { PostgresqlTransaction } from './transactional-publish.ts'

/** An event that is stored with its deliveries. */
export interface PublishedEvent {
  readonly id: string
  readonly tenant: string
  readonly type: string
  /** How many deliveries the event has. */
  readonly deliveries: number
  /** An event with this id and the same content was published before. Nothing is sent again. */
  readonly duplicate: boolean
}

/** The result of an event of a batch. */
export type BatchResult = PublishedEvent | { readonly error: PosthornError }

/**
 * Makes Posthorn for this program. Nothing runs before `start`.
 *
 * @throws PosthornError `invalid_option`
 */
export async function createPosthorn<const Dialects extends readonly DialectChoice[] = readonly ['standard']>(
  options: PosthornOptions<Dialects>,
): Promise<Posthorn<EventTypesOf<Dialects>>> {
  return new Posthorn(options)
}

export class Posthorn<EventType extends string = string> {
  readonly #open: (died: (error: Error) => void) => Promise<Service>
  readonly #logger: Logger
  readonly #transactions: OwnTransactions
  /** Between `start` and `stop`. */
  #isWanted = false
  #service: Service | null = null
  #changing: Promise<void> = Promise.resolve()

  /** Called by `createPosthorn`. */
  constructor(options: PosthornOptions) {
    const { settings, registrations } = orThrow(() => readOptions(options))
    const { operatorKey = randomBytes(30).toString('base64url'), outboxDatabases = [] } = options
    const masterKeys = settingTable.masterKey.parse(options.masterKey)
    this.#logger = options.logger ?? pino({ level: 'silent' })
    const log = { logger: this.#logger, output: { dropped: 0 } }
    const keys = () => ({ operatorKey, masterKeys })
    this.#transactions = new OwnTransactions({ database: settings.database, outboxDatabases, logger: this.#logger })
    this.#open = (died) => openService({ settings, registrations, log, version, keys, died })
  }

  /**
   * Opens the database, brings its schema up to date, and begins to deliver. Does nothing if it runs.
   *
   * @throws PosthornError `invalid_option`, `database_refused`
   */
  start(): Promise<void> {
    this.#isWanted = true
    return this.#change(async () => {
      if (this.#service === null && this.#isWanted) this.#service = await this.#opened()
    })
  }

  /** Waits for attempts in flight, for at most 10 s, and closes the database. Does nothing if it does not run. */
  stop(): Promise<void> {
    this.#isWanted = false
    return this.#change(async () => {
      const service = this.#service
      this.#service = null
      await this.#transactions.stop()
      await service?.stop(limits.stopMs)
    })
  }

  /**
   * Publishes an event. It and its deliveries are stored when the promise is fulfilled.
   *
   * @throws PosthornError `invalid`, `event_id_reused`, `body_too_large`, `body_malformed`; `unavailable`: nothing was
   *   stored; `outcome_unknown`: publish it again with the same id; `not_started`
   */
  publish(event: NewEvent<EventType>): Promise<PublishedEvent>
  /**
   * Publishes an event in a transaction of a database in `outboxDatabases`: it is accepted after the commit, and a rollback
   * takes it back. The event is in the transaction when the call returns, without a promise.
   *
   * @throws PosthornError `invalid`, `body_too_large`, `body_malformed`, `invalid_option`, `not_started`
   * @throws the error of the database
   */
  publish(event: NewEvent<EventType>, options: { readonly transaction: DatabaseSync }): void
  /**
   * Publishes an event in a transaction on the PostgreSQL database that has Posthorn's schema: it is accepted after the
   * commit, and a rollback takes it back. Needs no `start`.
   *
   * @throws PosthornError `invalid`, `body_too_large`, `body_malformed`, `invalid_option`
   * @throws the error of the client. Its SQLSTATE says which part of the event is wrong (docs/transactions.md)
   */
  publish(event: NewEvent<EventType>, options: { readonly transaction: PostgresqlTransaction }): Promise<void>
  publish(
    event: NewEvent<EventType>,
    options?: { readonly transaction: DatabaseSync | PostgresqlTransaction },
  ): Promise<PublishedEvent | void> | void {
    if (options === undefined) return this.#publishNow(event)
    const { transaction } = options
    if (!(transaction instanceof DatabaseSync)) return this.#transactions.publishOnPostgres(event, transaction)
    this.#running()
    this.#transactions.publishOnSqlite(event, transaction)
  }

  /**
   * Publishes up to 1000 events. Each has a result of its own, in order: the valid ones are stored, even if others are not.
   *
   * @throws PosthornError `invalid`, `unavailable`, `outcome_unknown`, `not_started`: as for one event
   */
  async publishAll(events: readonly NewEvent<EventType>[]): Promise<readonly BatchResult[]> {
    const { context } = this.#running()
    if (events.length > limits.batchEventsMax) {
      throw new PosthornError('invalid', `a batch has at most ${limits.batchEventsMax} events`)
    }
    const published = await orReject(publishEvents(context, events.map(eventInput)))
    return published.map(resultOf)
  }

  /**
   * Answers a request for one of Posthorn's paths: the operator API, the APIs of the dialects, dashboard, portal, documents,
   * health and metrics. Other paths get 404.
   *
   * Takes what the global `fetch` takes, so that it can be given to clients in the place of it. `clientAddress`: the address
   * of the caller, by which callers that try keys are slowed down; default: 127.0.0.1.
   *
   * @throws PosthornError `not_started`, `unavailable`
   */
  readonly fetch = async (
    request: Request | URL | string,
    { clientAddress = '127.0.0.1', ...init }: RequestInit & { readonly clientAddress?: string } = {},
  ): Promise<Response> => answerRequest(this.#server(), new Request(request, init), clientAddress)

  /**
   * A plugin of Fastify 5 that serves Posthorn's paths, except those about the process (`/healthz`, `/readyz`, `/metrics`).
   * It starts Posthorn with the host and stops it with the host. A prefix is not possible.
   */
  readonly fastify = (host: FastifyInstance): Promise<void> =>
    mount(host, {
      start: async () => {
        await this.start()
        return this.#server()
      },
      server: () => this.#server(),
      stop: () => this.stop(),
    })

  async #publishNow(event: NewEvent): Promise<PublishedEvent> {
    const { context } = this.#running()
    const input = eventInput(event)
    if (!input.ok) throw errorOfProblem(input.problem)
    const published = resultOf(await orReject(publishEvent(context, input.value)))
    if ('error' in published) throw published.error
    return published
  }

  /** @throws PosthornError */
  #running(): Service {
    if (this.#service !== null) return this.#service
    throw this.#isWanted
      ? new PosthornError('unavailable', 'Posthorn is starting')
      : new PosthornError('not_started', 'call start() first')
  }

  #server(): FastifyInstance {
    return this.#running().servers[0]?.server as FastifyInstance
  }

  async #opened(): Promise<Service> {
    let opened: Service | null = null
    // A thread that dies earlier makes the start fail.
    const died = (error: Error): void => {
      if (opened !== null) this.#recover(opened, error)
    }
    const service = await orReject(this.#open(died))
    opened = service
    await service.servers[0]?.server.ready()
    this.#transactions.start(service.context)
    return service
  }

  /** Starts again after a thread of the database has died: the next start reads the state of the database. */
  #recover(dead: Service, err: Error): void {
    this.#logger.error({ err }, 'a thread of the database has died: Posthorn starts again')
    if (this.#service === dead) this.#service = null
    void this.#change(async () => {
      await this.#transactions.stop(0)
      await dead.stop(0).catch((error: unknown) => this.#logger.error({ err: error }, 'Posthorn did not stop cleanly'))
      while (this.#isWanted && this.#service === null) {
        try {
          this.#service = await this.#opened()
        } catch (error) {
          this.#logger.error({ err: error }, 'Posthorn cannot start again yet')
          await sleep(limits.libraryRestartMs, undefined, { ref: false })
        }
      }
    })
  }

  /** Starts and stops run one after the other. */
  #change(action: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(action)
    this.#changing = done.catch(() => undefined)
    return done
  }
}

function resultOf(published: Result<Stored>): BatchResult {
  if (!published.ok) return { error: errorOfProblem(published.problem) }
  const { event, deliveries, duplicate } = published.value
  return { id: event.id, tenant: event.tenant, type: event.type, deliveries, duplicate }
}

function orThrow<Value>(action: () => Value): Value {
  try {
    return action()
  } catch (error) {
    throw errorForCaller(error)
  }
}

function orReject<Value>(promise: Promise<Value>): Promise<Value> {
  return promise.catch((error: unknown) => {
    throw errorForCaller(error)
  })
}

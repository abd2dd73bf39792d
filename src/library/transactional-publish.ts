// Publishes an event in a transaction of the caller on PostgreSQL, through the client that the caller has. The clients have
// nothing in common, so each is known by its shape. No client is imported.

import { PosthornError } from './errors.ts'
import type { NewEvent } from './events.ts'

/** A client of `pg` in a transaction. TypeORM's EntityManager and QueryRunner have this shape too. */
export interface PgTransaction {
  query(text: string, values: unknown[]): Promise<unknown>
  getTransactionStatus?(): string | null
}

/** The `sql` of a transaction of `postgres`. */
export interface PostgresTransaction {
  unsafe(text: string, values: (string | null)[]): PromiseLike<unknown>
  savepoint: unknown
}

/** A transaction of Kysely. */
export interface KyselyTransaction {
  readonly isTransaction: true
  executeQuery(query: never): Promise<unknown>
}

/** A transaction of Drizzle. */
export interface DrizzleTransaction {
  execute(text: string): PromiseLike<unknown>
  rollback(): never
}

/** The client of an interactive transaction of Prisma. */
export interface PrismaTransaction {
  $queryRawUnsafe(text: string, ...values: unknown[]): PromiseLike<unknown>
}

export type PostgresqlTransaction =
  | PgTransaction
  | PostgresTransaction
  | KyselyTransaction
  | DrizzleTransaction
  | PrismaTransaction

/**
 * Publishes an event in the transaction: it is delivered after the commit, and a rollback takes it back.
 *
 * @param schema Posthorn's schema
 * @throws PosthornError `invalid_option`: `transaction` is none of these clients, or it is not in a transaction
 * @throws the error of the client. Its SQLSTATE says which part of the event is wrong (docs/transactions.md)
 */
export async function publishInTransaction(
  transaction: PostgresqlTransaction,
  schema: string,
  event: NewEvent,
): Promise<void> {
  const { occurredAt, attributes, retainSeconds } = event
  const values = [
    event.tenant,
    event.type,
    JSON.stringify(event.data),
    event.id ?? null,
    occurredAt instanceof Date ? occurredAt.toISOString() : (occurredAt ?? null),
    attributes === undefined ? null : JSON.stringify(attributes),
    retainSeconds === undefined ? null : String(retainSeconds),
  ]
  // Each value is a text, so that every client sends it as it is.
  const call = (given: readonly string[]): string =>
    `SELECT "${schema}".posthorn_publish(${given.map((value, index) => `${value}::text${casts[index]}`).join(', ')})`
  const text = call(values.map((_value, index) => `$${index + 1}`))
  // The `sql` of postgres is a function.
  if (transaction === null || !['object', 'function'].includes(typeof transaction)) throw noClient()
  if (isOf<PrismaTransaction>(transaction, '$queryRawUnsafe')) {
    refuseIf('$disconnect' in transaction, 'the client of Prisma')
    await transaction.$queryRawUnsafe(text, ...values)
  } else if (isOf<KyselyTransaction>(transaction, 'executeQuery')) {
    refuseIf(!transaction.isTransaction, 'the instance of Kysely')
    await transaction.executeQuery(compiledQuery(text, values) as never)
  } else if (isOf<DrizzleTransaction>(transaction, 'execute')) {
    refuseIf(!('rollback' in transaction), 'the database of Drizzle')
    // It takes values only with its own `sql`.
    await transaction.execute(call(values.map(literal)))
  } else if (isOf<PostgresTransaction>(transaction, 'unsafe')) {
    refuseIf(!('savepoint' in transaction), 'the sql of postgres')
    await transaction.unsafe(text, values)
  } else if (isOf<PgTransaction>(transaction, 'query')) {
    refuseIf('totalCount' in transaction, 'a pool of pg')
    refuseIf(transaction.getTransactionStatus?.() === 'I', 'the client of pg')
    await transaction.query(text, values)
  } else throw noClient()
}

function noClient(): PosthornError {
  const message = 'transaction is no DatabaseSync, and no client of pg, postgres, Kysely, Drizzle or Prisma'
  return new PosthornError('invalid_option', message)
}

const casts = ['', '', '', '', '::timestamptz', '::jsonb', '::bigint']

function isOf<Transaction>(client: object, method: keyof Transaction & string): client is Transaction & object {
  return method in client && typeof (client as Readonly<Record<string, unknown>>)[method] === 'function'
}

/** An event that is published outside a transaction would stay after a rollback. */
function refuseIf(isOutside: boolean, client: string): void {
  if (!isOutside) return
  throw new PosthornError('invalid_option', `${client} is not in a transaction: give the client of the transaction`)
}

/** A query as Kysely compiles it from raw SQL. */
function compiledQuery(text: string, parameters: readonly unknown[]): unknown {
  const query = { kind: 'RawNode', sqlFragments: [text], parameters: [] }
  return { sql: text, parameters, query, queryId: { queryId: 'posthorn_publish' } }
}

/** The value as SQL, with any value of `standard_conforming_strings`. */
function literal(value: string | null): string {
  return value === null ? 'NULL' : `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

// The store on an embedded SQLite file: two threads, one that writes and one that reads, reached by messages.

import { DatabaseSync } from 'node:sqlite'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { type CommitResult, type Store, StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { rowsOfBatch } from './batch-rows.ts'
import type { Call, Message, PlainError, Reads, Reply, ThreadOptions, Writes } from './thread.ts'

type Asynchronous<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Value>
    : never
}

/**
 * Opens, or creates, the database at `path` and brings its schema up to date.
 *
 * @throws StoreRefused where another process has it open, a newer program wrote it, or it cannot be opened
 */
export async function openSqliteStore(path: string): Promise<Store> {
  const lock = lockOut(path)
  try {
    const writer = await startThread<Writes>({ path, access: 'write' })
    const reader = await startThread<Reads>({ path, access: 'read' }).catch(async (error: unknown) => {
      await writer.close()
      throw error
    })
    return {
      ...writer.methods,
      ...reader.methods,
      commit: (batch) => writer.ask(rowsOfBatch(batch)) as Promise<CommitResult>,
      shared: false,
      quotas: null,
      // There are no others to hear of.
      listen() {},
      async close() {
        await Promise.all([writer.close(), reader.close()])
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

/**
 * One process at a time: a second one would take what this one holds for left behind, and send it again. The lock is
 * the operating system's, on a file of its own, so it ends with the process, however that ends.
 */
export function lockOut(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const lock = new DatabaseSync(`${path}-lock`)
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new StoreRefused(
      message.includes('locked')
        ? `the database ${path} is in use by another process`
        : `cannot open the database ${path}: ${message}`,
    )
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

async function startThread<Methods>(options: ThreadOptions): Promise<{
  methods: Asynchronous<Methods>
  ask: (message: Message) => Promise<unknown>
  close: () => Promise<unknown>
}> {
  // `npm start` fixes the size of the space of young objects for the main thread's sake. What a thread of the database
  // makes is gone with the statement: it would fill 32 MiB before it looked.
  setFlagsFromString('--min-semi-space-size=1')
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: options, execArgv: [] })
  // The thread answers in the order of the calls. (A Map by number kept what it had held: see net/sender.ts.)
  const waiting: Waiting[] = []
  let ended: string | null = null
  worker.on('message', (message: string) => {
    const reply = JSON.parse(message) as Reply
    const call = waiting.shift()
    if ('error' in reply) call?.reject(revive(reply.error))
    else call?.resolve(reply.value)
  })
  // A thread that dies takes its calls with it, and nobody knows which of them took effect: the process ends, and its
  // next start finds out.
  worker.on('error', (error) => {
    throw error
  })
  worker.on('exit', () => fail('the database is closed'))

  const ask = (message: Message): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(new StoreUnavailable(ended))
      // First: what cannot be sent gets no answer.
      worker.postMessage(message)
      waiting.push({ resolve, reject })
    })
  const call = async (method: string, args: readonly unknown[]): Promise<unknown> =>
    ask(JSON.stringify({ method, args } satisfies Call))
  const names = await new Promise<unknown>((resolve, reject) => waiting.push({ resolve, reject }))
  const methods = Object.fromEntries(
    (names as string[]).map((name) => [name, (...args: unknown[]) => call(name, args)]),
  ) as Asynchronous<Methods>
  return {
    methods,
    ask,
    close: async () => {
      await call('close', [])
      await worker.terminate()
    },
  }

  function fail(reason: string): void {
    ended ??= reason
    for (const { reject } of waiting.splice(0)) reject(new StoreUnavailable(reason))
  }
}

function revive({ name, message, outcomeUnknown = false }: PlainError): Error {
  if (name === 'StoreUnavailable') return new StoreUnavailable(message, { outcomeUnknown })
  if (name === 'StoreRefused') return new StoreRefused(message)
  const error = new Error(message)
  error.name = name
  return error
}

// Calls the threads of thread.ts by messages, and makes their methods asynchronous.

import { Worker } from 'node:worker_threads'
import { StoreRefused, StoreUnavailable } from '../../contracts/store.ts'
import { moduleBeside } from './module-beside.ts'
import type { Call, Message, PlainError, Reply, ThreadOptions } from './thread.ts'

type Asynchronous<Methods> = {
  [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Value>
    : never
}

const closing = JSON.stringify({ method: 'close', args: [] } satisfies Call)

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The first fault that a thread found in the file. After that, nothing is written to the file until a restart. */
export interface Damage {
  found: string | null
}

/**
 * Starts a thread.
 *
 * @param died called with the error that ended the thread. It is then unknown which of its running calls took effect.
 */
export async function startThread<Methods>(
  options: ThreadOptions,
  damage: Damage,
  died: (error: Error) => void,
): Promise<{
  methods: Asynchronous<Methods>
  ask: (message: Message) => Promise<unknown>
  close: () => Promise<unknown>
}> {
  const worker = new Worker(moduleBeside(import.meta.filename, 'thread'), { workerData: options, execArgv: [] })
  // The thread answers in the order of the calls. (A Map by number of the call kept memory for deleted entries.)
  const waiting: Waiting[] = []
  let ended: string | null = null
  worker.on('message', (message: string) => {
    const reply = JSON.parse(message) as Reply
    const call = waiting.shift()
    if ('error' in reply && reply.error.malformed === true) damage.found ??= reply.error.message
    if ('error' in reply) call?.reject(revive(reply.error))
    else call?.resolve(reply.value)
  })
  worker.on('error', (error: Error) => {
    fail('a thread of the database has died', { outcomeUnknown: options.access === 'write' })
    died(error)
  })
  worker.on('exit', () => fail('the database is closed'))

  const ask = (message: Message): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(new StoreUnavailable(ended))
      if (damage.found !== null && options.access === 'write' && message !== closing) {
        return reject(new StoreUnavailable(damage.found))
      }
      // Sent first: a message that cannot be sent gets no answer.
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
      if (ended !== null) return
      try {
        await ask(closing)
      } finally {
        await worker.terminate()
      }
    },
  }

  function fail(reason: string, known: { readonly outcomeUnknown?: boolean } = {}): void {
    ended ??= reason
    for (const { reject } of waiting.splice(0)) reject(new StoreUnavailable(reason, known))
  }
}

function revive({ name, message, outcomeUnknown = false }: PlainError): Error {
  if (name === 'StoreUnavailable') return new StoreUnavailable(message, { outcomeUnknown })
  if (name === 'StoreRefused') return new StoreRefused(message)
  const error = new Error(message)
  error.name = name
  return error
}

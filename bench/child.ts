// The processes of the bench: each takes orders over IPC and gives one answer to each, in order. Both ends are here.
// A child ends when its parent does, however that ended.

import { fork } from 'node:child_process'
import { join } from 'node:path'
import { endWithParent } from '../test/support/child-guard.ts'

export interface Child {
  /** Sends an order and waits for its answer; throws if the child fails, ends, or takes longer than `timeoutMs`. */
  ask(order: unknown, timeoutMs: number): Promise<unknown>
  end(): void
}

type Answer = { readonly result: unknown } | { readonly error: string }

/** Starts a file of this folder as a process of its own. */
export function startChild(file: string): Child {
  const child = fork(join(import.meta.dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  endWithParent(child)
  return {
    ask(order, timeoutMs) {
      return new Promise((resolve, reject) => {
        const fail = (reason: string): void => settle(() => reject(new Error(`${file}: ${reason}`)))
        const onMessage = (answer: Answer): void => {
          if ('error' in answer) fail(answer.error)
          else settle(() => resolve(answer.result))
        }
        const onExit = (exitCode: number | null): void => fail(`ended with exit code ${exitCode}`)
        const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs)
        const settle = (finish: () => void): void => {
          clearTimeout(timer)
          child.off('message', onMessage)
          child.off('exit', onExit)
          finish()
        }
        child.on('message', onMessage)
        child.on('exit', onExit)
        child.send(order as object, (error) => {
          if (error !== null) fail(error.message)
        })
      })
    },
    end: () => void child.kill('SIGKILL'),
  }
}

/** The child's end: answers every order by what `handle` returns or throws. */
export function serveOrders(handle: (order: unknown) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit())
  process.on('message', (order) => {
    handle(order).then(
      (result) => process.send?.({ result } satisfies Answer),
      (error: unknown) => process.send?.({ error: String(error) } satisfies Answer),
    )
  })
}

/** Milliseconds of a clock that all processes of this machine share and nobody sets. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

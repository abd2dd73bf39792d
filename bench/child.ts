// The child processes of the bench. A child receives orders over IPC and answers each of them, in order. This file has
// both ends. A child ends when its parent ends, also after a crash.

import { fork } from 'node:child_process'
import { join } from 'node:path'
import { endWithParent } from '../test/support/child-guard.ts'

export interface Child {
  /** Sends an order and waits for its answer; throws if the child fails, ends, or takes longer than `timeoutMs`. */
  ask(order: unknown, timeoutMs: number): Promise<unknown>
  end(): void
}

type Answer = { readonly result: unknown } | { readonly error: string }

/** Starts a file of this folder in its own process. */
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

/** The child's end: answers every order with the result or the error of `handle`. */
export function serveOrders(handle: (order: unknown) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit())
  process.on('message', (order) => {
    handle(order).then(
      (result) => process.send?.({ result } satisfies Answer),
      (error: unknown) => process.send?.({ error: String(error) } satisfies Answer),
    )
  })
}

/** Milliseconds of a monotonic clock that all processes of this machine share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

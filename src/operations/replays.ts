// The replays of a node. Each walks through all that an endpoint has had, on the thread or the connections that commits
// need too: so there are few, and a step of only one of them is under way.

import type { DeliveryId, EndpointKey } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, type Result, success } from '../domain/problem.ts'

/** How many deliveries a step has found; `last` continues behind it, null: there are no more. */
interface Step {
  readonly count: number
  readonly last: DeliveryId | null
}

export class Replays {
  /** Endpoints whose replay has not ended. */
  readonly #running = new Set<EndpointKey>()
  /** Resolves when all steps that have been asked for are over. */
  #last: Promise<unknown> = Promise.resolve()

  /** Takes steps until there are no more, one whenever the other replays have had theirs; gives what all have found. */
  async run(endpoint: EndpointKey, step: (after: DeliveryId | null) => Promise<Step>): Promise<Result<number>> {
    if (this.#running.has(endpoint)) {
      return failure({ kind: 'conflict', code: 'replay_running', detail: 'another replay of the endpoint is running' })
    }
    if (this.#running.size >= limits.replaysAtOnceMax) {
      return failure({ kind: 'unavailable', retryAfterSeconds: limits.unavailableRetrySeconds })
    }
    this.#running.add(endpoint)
    try {
      let count = 0
      let after: DeliveryId | null = null
      do {
        const taken: Step = await this.#inTurn(() => step(after))
        count += taken.count
        after = taken.last
      } while (after !== null)
      return success(count)
    } finally {
      this.#running.delete(endpoint)
    }
  }

  #inTurn(step: () => Promise<Step>): Promise<Step> {
    const taken = this.#last.then(step)
    // One that fails is its own caller's affair.
    this.#last = taken.catch(() => null)
    return taken
  }
}

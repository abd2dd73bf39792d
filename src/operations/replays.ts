// The replays of a node. A replay walks through the deliveries of an endpoint in steps, on the database thread or the
// connections that commits need too. So the number of replays is bounded, and only one step runs at a time.

import type { Endpoint } from '../domain/endpoint.ts'
import type { DeliveryId, EndpointKey, TenantId } from '../domain/ids.ts'
import { limits } from '../domain/limits.ts'
import { failure, type Result, success } from '../domain/problem.ts'

/**
 * `count`: how many deliveries a step has made due. `last`: the next step starts after it; null: there is no next step.
 */
interface Step {
  readonly count: number
  readonly last: DeliveryId | null
}

export class Replays {
  /** Endpoints with a running replay, and their tenants. */
  readonly #running = new Map<EndpointKey, TenantId>()
  /** Resolves when all requested steps have ended. */
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Runs steps until there are no more. The replays of the node take turns, one step each. The result is the sum of all
   * counts; a problem if a replay of the endpoint runs, or too many replays of its tenant or of the node run.
   */
  async run(
    { key, tenant }: Pick<Endpoint, 'key' | 'tenant'>,
    step: (after: DeliveryId | null) => Promise<Step>,
  ): Promise<Result<number>> {
    if (this.#running.has(key)) {
      return failure({ kind: 'conflict', code: 'replay_running', detail: 'another replay of the endpoint is running' })
    }
    const ofTenant = [...this.#running.values()].filter((running) => running === tenant).length
    if (this.#running.size >= limits.replaysAtOnceMax || ofTenant >= limits.replaysPerTenantMax) {
      return failure({ kind: 'unavailable', retryAfterSeconds: limits.unavailableRetrySeconds })
    }
    this.#running.set(key, tenant)
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
      this.#running.delete(key)
    }
  }

  #inTurn(step: () => Promise<Step>): Promise<Step> {
    const taken = this.#last.then(step)
    // The error of a failed step goes only to the replay that runs it.
    this.#last = taken.catch(() => null)
    return taken
  }
}

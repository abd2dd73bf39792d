// Waits until no delivery is pending. On PostgreSQL that takes longer after a node was killed: its leased deliveries
// are released only after `limits.deadAfterMs`.

import { setTimeout as sleep } from 'node:timers/promises'
import type { OperatorClient } from './operator-client.ts'

export interface Drain {
  /** Whether no delivery was pending at the end. */
  readonly drained: boolean
  readonly drainMs: number
}

const drainMsMax = 60_000
const quietMs = 1_000

/** @param query selects the deliveries; default: all */
export async function untilDrained(
  client: OperatorClient,
  query: Readonly<Record<string, string>> = {},
  quietFor = quietMs,
): Promise<Drain> {
  const startedAt = Date.now()
  let quietSince: number | null = null
  while (Date.now() - startedAt < drainMsMax) {
    const pending = await client.listDeliveries({ ...query, status: 'pending', limit: '1' })
    quietSince = pending.length > 0 ? null : (quietSince ?? Date.now())
    if (quietSince !== null && Date.now() - quietSince >= quietFor) break
    await sleep(50)
  }
  return { drained: quietSince !== null, drainMs: (quietSince ?? Date.now()) - startedAt }
}

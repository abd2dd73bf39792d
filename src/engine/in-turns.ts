import type { TenantId } from '../domain/ids.ts'

/** Orders items so that tenants take turns: the first item of each tenant, then the second of each, and so on. */
export function inTurns<Item>(items: readonly Item[], tenantOf: (item: Item) => TenantId): Item[] {
  const ordered: Item[] = []
  let queues = [...Map.groupBy(items, tenantOf).values()]
  for (let turn = 0; queues.length > 0; turn++) {
    for (const queue of queues) ordered.push(queue[turn] as Item)
    queues = queues.filter((queue) => queue.length > turn + 1)
  }
  return ordered
}

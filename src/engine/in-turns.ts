/** Orders items so that their owners take turns: the first item of each owner, then the second of each, and so on. */
export function inTurns<Item, Owner>(items: readonly Item[], ownerOf: (item: Item) => Owner): Item[] {
  const ordered: Item[] = []
  let queues = [...Map.groupBy(items, ownerOf).values()]
  for (let turn = 0; queues.length > 0; turn++) {
    for (const queue of queues) ordered.push(queue[turn] as Item)
    queues = queues.filter((queue) => queue.length > turn + 1)
  }
  return ordered
}

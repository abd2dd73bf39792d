// Posts events from several loops at once until the server dies. Events with their own id and an unknown outcome are
// posted again after the restart. That must not create a second event.

import { setTimeout as sleep } from 'node:timers/promises'
import type { PostRecord } from './history.ts'
import type { OperatorClient } from './operator-client.ts'
import { createPostBook, type NumberedEvent } from './post-book.ts'
import type { Random } from './random.ts'

export interface CrashLoad {
  readonly posts: readonly PostRecord[]
  /** Posts until the connection breaks in every loop. */
  runUntilBroken(client: OperatorClient): Promise<void>
  /** Posts the events with their own id and an unknown outcome again. */
  repeatUnknown(client: OperatorClient): Promise<void>
}

const singleLoops = 6
const batchLoops = 2
const batchSizeMax = 10

/** A load for one tenant. Event numbers continue over all rounds. */
export function createCrashLoad(tenant: string, random: Random): CrashLoad {
  const book = createPostBook(tenant, random)

  /** Returns whether the server still answers. */
  const post = async (client: OperatorClient, events: readonly NumberedEvent[], single: boolean): Promise<boolean> => {
    const end = await book.post(client, events, single)
    return end !== 'broken' && end !== 'unsent'
  }

  const repeatUnknown = async (client: OperatorClient): Promise<void> => {
    for (const event of book.takeUnknown()) await post(client, [event], true)
  }

  const singles = async (client: OperatorClient): Promise<void> => {
    while (await post(client, [book.nextEvent()], true)) await sleep(random.between(0, 4))
  }

  const batches = async (client: OperatorClient): Promise<void> => {
    const batch = (): NumberedEvent[] => Array.from({ length: random.between(1, batchSizeMax) }, () => book.nextEvent())
    while (await post(client, batch(), false)) await sleep(random.between(0, 30))
  }

  return {
    posts: book.posts,
    repeatUnknown,
    async runUntilBroken(client) {
      await Promise.all([
        repeatUnknown(client),
        ...Array.from({ length: singleLoops }, () => singles(client)),
        ...Array.from({ length: batchLoops }, () => batches(client)),
      ])
    },
  }
}

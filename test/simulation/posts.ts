// The results of the posts of each event, as the caller knows them.

import type { TenantId } from '../../src/domain/ids.ts'
import type { Result } from '../../src/domain/problem.ts'
import type { PublishedEvent } from '../../src/operations/publish-event.ts'

/** `ok`: the event is stored. `info`: perhaps stored. `fail`: not stored. */
export type PostEnd = 'ok' | 'info' | 'fail'

/** An event and the results of its posts. */
export interface Posted {
  readonly tenant: TenantId
  /** Empty if only the answer has the id. */
  readonly id: string
  end: PostEnd
  /** The number of deliveries in the answer. */
  count: number
  /** Posts without an answer. */
  open: number
}

export class Posts {
  readonly all = new Map<number, Posted>()

  /** The event is posted, for the first time or again. */
  begin(number: number, tenant: TenantId, id: string): void {
    const posted = this.all.get(number) ?? { tenant, id, end: 'fail', count: 0, open: 0 }
    posted.open += 1
    this.all.set(number, posted)
  }

  settle(number: number, result: Result<PublishedEvent>): void {
    const posted = this.all.get(number) as Posted
    posted.open -= 1
    const end = endOf(result)
    if (rank[end] > rank[posted.end]) Object.assign(posted, { end, count: result.ok ? result.value.deliveries : 0 })
  }

  /** The result of all posts of an event. A post that is never answered may have stored it. */
  endOf({ end, open }: Posted): PostEnd {
    return end === 'fail' && open > 0 ? 'info' : end
  }
}

const rank: Record<PostEnd, number> = { fail: 0, info: 1, ok: 2 }

function endOf(result: Result<PublishedEvent>): PostEnd {
  if (result.ok) return 'ok'
  return result.problem.kind === 'unavailable' && result.problem.outcomeUnknown === true ? 'info' : 'fail'
}

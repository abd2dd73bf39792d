// Events of the outbox that were set aside, because they could not be accepted (outbox.ts).

import type { OutboxKey } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { SetAsideEvent } from '../contracts/outbox-store.ts'
import type { Page, PageRequest } from '../contracts/page.ts'
import type { Context } from './context.ts'

/** The last published first. On SQLite there are none: such an outbox is in a file of its caller. */
export async function listSetAside({ store }: Context, page: PageRequest): Promise<Page<SetAsideEvent>> {
  return (await store.outbox?.listSetAside(page)) ?? { rows: [], next: null }
}

/** A node tries the event again. If it still cannot be accepted, it is set aside again. */
export async function retrySetAside(context: Context, principal: Principal, key: OutboxKey): Promise<Result<null>> {
  const found = await find(context, key)
  if (!found.ok) return found
  const audited = { action: 'set_aside.retry', object: String(key), tenant: found.value.tenant } as const
  const written = await context.writer.putBack(key, context.auditTrail.recordOf(principal, audited))
  return written === 'written' ? success(null) : absent(key)
}

/** Deletes the event, which is never accepted then. */
export async function deleteSetAside(context: Context, principal: Principal, key: OutboxKey): Promise<Result<null>> {
  const found = await find(context, key)
  if (!found.ok) return found
  const { tenant, type, id, problem } = found.value
  const change = { before: { type, id, problem }, after: null }
  const audited = { action: 'set_aside.delete', object: String(key), tenant, change } as const
  const written = await context.writer.removeSetAside(key, context.auditTrail.recordOf(principal, audited))
  return written === 'written' ? success(null) : absent(key)
}

async function find({ store }: Context, key: OutboxKey): Promise<Result<SetAsideEvent>> {
  const found = await store.outbox?.findSetAside(key)
  return found ? success(found) : absent(key)
}

function absent(key: OutboxKey): ReturnType<typeof failure> {
  return failure({ kind: 'notFound', what: 'set-aside event', id: String(key) })
}

// Erasing stored data: the payload of an event, the response of an attempt. Deleting a tenant begins an erasure too.

import { type Erasure, newErasure } from '../domain/erasure.ts'
import type { DeliveryId, ErasureId, EventId, TenantId } from '../domain/ids.ts'
import type { Principal } from '../domain/principal.ts'
import { failure, type Result, success } from '../domain/problem.ts'
import type { Context } from './context.ts'
import { findEvent } from './events.ts'

export async function findErasure(context: Context, id: ErasureId): Promise<Result<Erasure>> {
  const found = await context.store.findErasure(id)
  return found === null ? failure({ kind: 'notFound', what: 'erasure', id }) : success(found)
}

/**
 * Erases the data and the attributes of an event. Attempts in flight end; all other pending deliveries are cancelled with
 * a reason. `tenant` is required if several tenants have the id.
 */
export async function erasePayload(
  context: Context,
  principal: Principal,
  id: EventId,
  tenant: TenantId | null,
): Promise<Result<Erasure>> {
  const found = await findEvent(context, id, tenant)
  if (!found.ok) return found
  const erasure = newErasure(context.clock.now(), context.randomBytes)
  const of = found.value.event.tenant
  const audit = context.auditTrail.recordOf(principal, { action: 'payload.erase', object: id, tenant: of })
  const erased = await context.writer.erasePayload(of, id, erasure, audit)
  return erased ? findErasure(context, erasure.id) : failure({ kind: 'notFound', what: 'event', id })
}

/** Erases the body and the headers of the response that an attempt has recorded. */
export async function eraseResponse(
  context: Context,
  principal: Principal,
  delivery: DeliveryId,
  number: number,
): Promise<Result<Erasure>> {
  const erasure = newErasure(context.clock.now(), context.randomBytes)
  const found = await context.store.findDelivery(delivery)
  const audited = {
    action: 'response.erase',
    object: `${delivery}/${number}`,
    tenant: found?.delivery.tenant ?? null,
  } as const
  const erased = await context.writer.eraseResponse(
    delivery,
    number,
    erasure,
    context.auditTrail.recordOf(principal, audited),
  )
  return erased
    ? findErasure(context, erasure.id)
    : failure({ kind: 'notFound', what: 'attempt', id: `${number} of delivery ${delivery}` })
}

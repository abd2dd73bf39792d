import { type ErasureId, type RandomBytes, randomText, type TenantId } from './ids.ts'

/** The data that an erasure removes: all of a tenant, the deliveries of an endpoint, the data of an event, a response. */
export type Erased = 'tenant' | 'endpoint' | 'payload' | 'response'

/** The removal of stored data, which may take many steps. */
export interface Erasure {
  readonly id: ErasureId
  readonly erases: Erased
  readonly tenant: TenantId
  readonly createdAt: number
  /** From then on, the database holds no copy; null: the removal is under way. */
  readonly endedAt: number | null
}

export function newErasure(createdAt: number, random: RandomBytes): Pick<Erasure, 'id' | 'createdAt'> {
  return { id: `era_${randomText(random, 20)}` as ErasureId, createdAt }
}

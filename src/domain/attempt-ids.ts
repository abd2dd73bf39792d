// The uuid of each attempt: customers see one record per attempt. It follows from the delivery's id and the number of
// the attempt, so it is not stored. The first attempt has the id of the delivery, and each further one is one higher in
// the last 16 bits.

import type { DeliveryId } from './ids.ts'

const counted = 2 ** 16
/** The end of the letters that all attempts of a delivery share. */
const shared = -4

export function attemptUuid(delivery: DeliveryId, number: number): string {
  const last = (lastBits(delivery) + number - 1) % counted
  return delivery.slice(0, shared) + last.toString(16).padStart(4, '0')
}

/** The number of the attempt that has this uuid; null: it is an attempt of another delivery. */
export function attemptNumber(uuid: string, delivery: DeliveryId): number | null {
  if (uuid.slice(0, shared) !== delivery.slice(0, shared)) return null
  return ((lastBits(uuid) - lastBits(delivery) + counted) % counted) + 1
}

/** The lowest id that is above every delivery to which an attempt with this uuid may belong. */
export function aboveDeliveryOf(uuid: string): string {
  const above = (BigInt(`0x${uuid.replaceAll('-', '')}`) | BigInt(counted - 1)) + 1n
  const hex = above.toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function lastBits(uuid: string): number {
  return Number.parseInt(uuid.slice(shared), 16)
}

import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import { limits } from '../domain/limits.ts'

/**
 * The addresses of this machine's interfaces, read again after `limits.ownAddressesMs`: they come and go, and each look
 * costs a call of the system. The list is the same object until then.
 */
export function ownAddresses(): () => readonly string[] {
  let known: readonly string[] = []
  let readAgainAt = -Infinity
  return () => {
    const now = performance.now()
    if (now >= readAgainAt) {
      readAgainAt = now + limits.ownAddressesMs
      known = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
    }
    return known
  }
}

import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import { limits } from '../domain/limits.ts'

/**
 * Returns a function that lists the addresses of this machine's interfaces. The addresses can change, and each read
 * costs a system call, so they are read again after `limits.ownAddressesMs`. Until then the list is the same object.
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

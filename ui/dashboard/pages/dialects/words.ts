// The facts of a dialect in words.

import { counted } from '../../../shared/counted.ts'
import { durationText } from '../../../shared/parts/Time.tsx'
import type { Dialect } from '../../../shared/types.ts'
import { signatureTitle } from '../../../../packages/verify/src/words.ts'

export function signatureWords({ signatures }: Dialect): readonly string[] {
  if (signatures.length === 0) return ['Deliveries are not signed.']
  return signatures.map((one) => ('undescribed' in one ? `A signature in ${one.in}` : signatureTitle(one)))
}

/** `8 attempts over 27 h 35 min`. */
export function retryWords({ attempts, waitsSeconds }: Dialect['retry']): string {
  if (attempts === 1) return 'one attempt, no retry'
  return `${counted(attempts, 'attempt')} over ${durationText(spanSeconds(waitsSeconds) * 1000)}`
}

export function spanSeconds(waitsSeconds: readonly number[]): number {
  return waitsSeconds.reduce((sum, wait) => sum + wait, 0)
}

const kinds = { reads: 'reads', writes: 'writes', tests: 'test events', all: 'requests' }

const windows: Readonly<Record<number, string>> = { 1: 'second', 60: 'minute', 3600: 'hour', 86_400: 'day' }

/** `100 writes per minute and key`. */
export function limitWords({ per, counts, requests, windowSeconds, burst }: Dialect['rateLimits'][number]): string {
  const more = burst === undefined ? '' : `, and ${burst} more at once`
  const window = windows[windowSeconds] ?? durationText(windowSeconds * 1000)
  return `${requests} ${kinds[counts]} per ${window} and ${per}${more}`
}

export function catalogueWords({ eventTypes, openCatalogue }: Dialect): string {
  if (eventTypes.length === 0) return openCatalogue ? 'any event type' : 'none'
  return `${eventTypes.length}${openCatalogue ? ', and any other' : ''}`
}

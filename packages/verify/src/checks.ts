// The steps of a verification, and the results of each.

import type { Recipe } from './recipe.ts'
import type { Bytes } from './bytes.ts'

export interface Receiver {
  /** The secret, or the public key in PEM. */
  readonly secret: string
  /** Its clock, Unix time in seconds. */
  readonly now: number
  /** How far the time of sending may be from its clock. Default: 300. */
  readonly toleranceSeconds?: number
}

/**
 * The steps in their order. `present`: the headers and members are there. `form`: they have the right form. `time`: the
 * time of sending is near. `key`: the secret or public key can be used. `claims`: the claims of a token agree with the
 * delivery.
 */
export type StepName = 'present' | 'form' | 'time' | 'key' | 'signature' | 'claims'

export type Check =
  | {
      readonly step: Exclude<StepName, 'signature' | 'time'>
      /** A sentence; null: the step holds. */
      readonly fault: string | null
    }
  | {
      readonly step: 'time'
      readonly fault: string | null
      /** Positive: the delivery is that old; negative: it is from the future. */
      readonly ageSeconds: number
    }
  | {
      readonly step: 'signature'
      readonly fault: string | null
      readonly signed: Bytes
      /** Null: only the owner of the private key can make it. */
      readonly expected: string | null
      readonly got: readonly string[]
    }

export interface Verification {
  readonly isValid: boolean
  /** A step that cannot be checked because an earlier one failed is absent. */
  readonly checks: readonly Check[]
}

/** The text before each signature. */
export function prefixOf(at: Recipe['signatures']): string {
  return 'headers' in at ? at.prefix : ''
}

export function timeCheck(ageSeconds: number, { toleranceSeconds = 300 }: Receiver): Check {
  const beyond = Math.abs(ageSeconds) - toleranceSeconds
  const direction = ageSeconds > 0 ? 'old' : 'ahead of the clock'
  const fault = `The delivery is ${secondsText(Math.abs(ageSeconds))} ${direction}. At most ${secondsText(toleranceSeconds)} are allowed.`
  return { step: 'time', fault: beyond > 0 ? fault : null, ageSeconds }
}

export function secondsText(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 120) return `${whole} seconds`
  if (whole < 7200) return `${Math.round(whole / 60)} minutes`
  return whole < 172_800 ? `${Math.round(whole / 3600)} hours` : `${Math.round(whole / 86_400)} days`
}

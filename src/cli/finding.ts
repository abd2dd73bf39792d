// A result of `posthorn doctor`.

export interface Finding {
  readonly check: string
  /** `skipped`: it could not be checked, and `found` says why. */
  readonly state: 'ok' | 'warning' | 'fault' | 'skipped'
  readonly found: string
  /** The remedy; null: none is needed. */
  readonly todo: string | null
}

export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found, todo: null }
}

export function skipped(check: string, found: string): Finding {
  return { check, state: 'skipped', found, todo: null }
}

export function warning(check: string, found: string, todo: string): Finding {
  return { check, state: 'warning', found, todo }
}

export function fault(check: string, found: string, todo: string): Finding {
  return { check, state: 'fault', found, todo }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

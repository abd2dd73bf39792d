import type { AuditRecord } from '../../../shared/types.ts'

/** The name of a key, or else its id. */
export function actorText({ kind, id, name }: AuditRecord['actor']): string {
  if (kind === 'unknown') return 'no valid key'
  if (kind === 'posthorn') return 'Posthorn itself'
  if (id === 'settings') return 'the key in the settings'
  return name ?? id ?? kind
}

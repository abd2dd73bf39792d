// The parts of audit records that describe callers.

import type { Actor } from '../domain/audit.ts'
import { cut } from '../domain/audited-changes.ts'
import { limits } from '../domain/limits.ts'
import type { Origin, Principal } from '../domain/principal.ts'

export function actorOf({ kind, key: { id, name, role } }: Pick<Principal, 'kind' | 'key'>): Actor {
  return { kind, id: cut(id, limits.auditTextCharsMax), name: name && cut(name, limits.auditTextCharsMax), role }
}

/** A caller whose connection has ended has no address any more. */
export function addressOf({ clientAddress }: Origin): string {
  return clientAddress === '' ? 'unknown' : clientAddress
}

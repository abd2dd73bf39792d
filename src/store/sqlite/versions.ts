import type { Database } from './database.ts'

/** Draws a version that no tenant ever had. */
export function drawVersion(db: Database): number {
  const draw = `UPDATE sequences SET value = value + 1 WHERE name = 'version' RETURNING value`
  return db.get<{ value: number }>(draw)?.value ?? 0
}

/**
 * Gives the tenant another version, in the transaction that changes it or its endpoints. False: there is no such
 * tenant.
 */
export function nextVersion(db: Database, tenant: string): boolean {
  return db.run('UPDATE tenants SET version = ? WHERE id = ?', drawVersion(db), tenant) === 1
}

import type { OperatorKeyId } from './ids.ts'

/**
 * What an operator key may do: `publish` posts events, `read` looks at everything but secrets, `admin` does everything.
 */
export type OperatorRole = 'admin' | 'publish' | 'read'

/** A credential of the operator. The key itself is stored only as a hash. */
export interface OperatorKey {
  readonly id: OperatorKeyId
  readonly name: string
  readonly role: OperatorRole
  /** The last characters of the key, so that people can tell keys apart. */
  readonly hint: string
  readonly createdAt: number
  /** The key is refused from this time on; null: it has no end. */
  readonly expiresAt: number | null
}

/** The operator key of a request. */
export type CallingOperator = Pick<OperatorKey, 'id' | 'name' | 'role'>

/** The key in POSTHORN_OPERATOR_KEY: the first admin. It is not in the database. */
export const settingsOperator: CallingOperator = { id: 'settings' as OperatorKeyId, name: 'settings', role: 'admin' }

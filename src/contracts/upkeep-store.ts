// Background work of a node in the database: rotation of the master key, sweep, retention.

import type { ApiKeyId, EndpointKey, TenantId } from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { StoredEndpoint, StoredKey } from './account-store.ts'

/** The sealed values of an endpoint, and what they are sealed for. */
export interface SealedEndpoint extends Pick<
  StoredEndpoint,
  'key' | 'tenant' | 'id' | 'url' | 'eventTypes' | 'filters' | 'details' | 'sealedSecrets' | 'sealedHeaders'
> {
  /** The dialect of its tenant. */
  readonly dialect: string
}

/** The sealed values of an endpoint before and after they were sealed with another key. */
export interface SealedChange {
  readonly before: SealedEndpoint
  readonly after: SealedEndpoint
}

/** An API key before and after it got another seal, or its grants did. */
export interface KeySealChange {
  readonly before: StoredKey
  readonly after: StoredKey
}

/** The sealed secrets of a tenant, and what they are sealed for. */
export interface SealedTenant extends Pick<Tenant, 'id' | 'dialect' | 'createdAt'> {
  readonly sealedSecrets: string
}

/** The sealed secrets of a tenant before and after they were sealed with another key. */
export interface TenantSealChange {
  readonly before: SealedTenant
  readonly after: SealedTenant
}

/** The role of the database for the rotation of the master key: it reads and replaces sealed values. */
export interface SealStore {
  /** Returns endpoints after `after` in the order of their keys; deleted ones have no sealed values and are left out. */
  sealedEndpoints(after: EndpointKey, rowsMax: number): Promise<readonly SealedEndpoint[]>
  /** Replaces the sealed values of endpoints. An endpoint whose values differ from `before` is left unchanged. */
  resealEndpoints(changes: readonly SealedChange[]): Promise<void>
  /** Returns tenants with secrets after `after` in the order of their ids. */
  sealedTenants(after: TenantId, rowsMax: number): Promise<readonly SealedTenant[]>
  /** Replaces the sealed secrets of tenants. Secrets that differ from `before` are left unchanged. */
  resealTenants(changes: readonly TenantSealChange[]): Promise<void>
  /** Returns API keys after `after` in the order of their ids; without revoked ones, which have no seal. */
  sealedKeys(after: ApiKeyId, rowsMax: number): Promise<readonly StoredKey[]>
  /** Replaces the seals of keys and of their grants. A seal that differs from `before` is left unchanged. */
  resealKeys(changes: readonly KeySealChange[]): Promise<void>
  /** Whether a value of an endpoint begins with `mark`, or any tenant, key, grant or operator key is sealed. Reads all. */
  hasSealedRows(mark: string): Promise<boolean>
  /** Nodes whose last heartbeat is not older than `limits.deadAfterMs`. */
  livingNodes(): Promise<number>
  /** Whether any stored answer (`StoredAnswer`) has a sealed body that does not begin with `mark`. */
  hasOtherAnswers(mark: string): Promise<boolean>
  /** Returns all values that `writeOnce` has written. */
  installationValues(): Promise<readonly { readonly name: string; readonly value: string }[]>
  /** Replaces one of these values if it still equals `before`. */
  replaceInstallationValue(name: string, before: string, after: string): Promise<void>
}

export interface SchemaVersions {
  readonly before: number
  readonly since: number
}

/** The result of a step of retention. */
export interface PruneStep {
  /** The rows that the step visited, or the pages that it gave back; 0: the node has nothing left to do. */
  readonly visited: number
  /** Whether it removed events or deliveries. */
  readonly hasRemoved: boolean
}

/** The role of the database for sweep, retention, values of the installation, and its own state. */
export interface UpkeepStore {
  /**
   * One bounded step of cancelling the waiting deliveries of disabled and deleted endpoints. True: there may be more to
   * cancel. The steps are bounded because a million deliveries may wait for one endpoint.
   */
  sweep(now: number, rowsMax: number): Promise<boolean>
  /**
   * One bounded step of retention: removes rows older than `before`, and answers that have expired at `now`. Pending
   * deliveries and their events stay. Once no rows are left, steps make the database smaller.
   */
  prune(before: number, now: number, rowsMax: number): Promise<PruneStep>
  /** Writes a value of the installation unless it is already written. Returns the stored value. */
  writeOnce(name: string, value: string): Promise<string>
  /** The version of the schema before the start (0: there was none), and since. */
  schemaVersions(): Promise<SchemaVersions>
  /** The size of the database: of its file, or of its tables with their indexes. */
  storedBytes(): Promise<number>
  /** @throws StoreUnavailable if the database does not answer */
  ping(): Promise<void>
  close(): Promise<void>
}

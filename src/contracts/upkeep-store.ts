// What a node does in the database beside the traffic: sealing with another master key, sweeping, retention.

import type { EndpointKey } from '../domain/ids.ts'
import type { StoredEndpoint } from './account-store.ts'

/** What an endpoint has sealed. */
export interface SealedEndpoint extends Pick<StoredEndpoint, 'key' | 'tenant' | 'sealedSecrets' | 'sealedHeaders'> {}

/** The same endpoint, sealed with another key. */
export interface SealedChange {
  readonly before: SealedEndpoint
  readonly after: SealedEndpoint
}

/** What the rotation of the master key reads and replaces. */
export interface SealStore {
  /** Endpoints behind `after` in the order of their keys, those too that are deleted and not yet forgotten. */
  sealedEndpoints(after: EndpointKey, rowsMax: number): Promise<readonly SealedEndpoint[]>
  /** Replaces what endpoints have sealed; one whose sealed values are no longer those of `before` is left as it is. */
  resealEndpoints(changes: readonly SealedChange[]): Promise<void>
  /** Whether an answer is remembered whose sealed body does not begin with `mark`. */
  hasOtherAnswers(mark: string): Promise<boolean>
  /** All that was written by `writeOnce`. */
  installationValues(): Promise<readonly { readonly name: string; readonly value: string }[]>
  /** Replaces one of them, if it is still `before`. */
  replaceInstallationValue(name: string, before: string, after: string): Promise<void>
}

export interface UpkeepStore {
  /**
   * One bounded step of cancelling what waits for endpoints that are off. True: there is more to cancel.
   * A step and not a statement, because a million deliveries may wait for one endpoint.
   */
  sweep(now: number, rowsMax: number): Promise<boolean>
  /** One bounded step of retention; pending deliveries and their events stay. Gives the rows removed. */
  prune(before: number, now: number, rowsMax: number): Promise<number>
  /** A value of the installation that is written once; gives what is stored, be it this value or an earlier one. */
  writeOnce(name: string, value: string): Promise<string>
  /** Throws StoreUnavailable where the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

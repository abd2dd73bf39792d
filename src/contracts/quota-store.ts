// Request quotas that several nodes count together.

/** A node's request for a share of a caller's quota. */
export interface QuotaRequest {
  /** Identifies the caller and the quota. */
  readonly who: string
  /** Requests that all nodes together may let pass: in a window, or at once from a full bucket. */
  readonly limit: number
  /** Requests that refill in `periodMs`; for a window, `limit` requests in the length of the window. */
  readonly requests: number
  readonly periodMs: number
  /** The time, in milliseconds, up to which the quota has refilled: the start of the window, or now for a bucket. */
  readonly at: number
  /** Requests that the node wants to let pass. */
  readonly wanted: number
}

/** The share that a node gets. */
export interface QuotaGrant {
  /** Requests that the node may let pass: `wanted`, or fewer if fewer are left. */
  readonly granted: number
  /** Requests that were granted to all nodes, including this grant, and have not refilled by `at`. */
  readonly used: number
  /** Later than `QuotaRequest.at` if another node's clock is ahead. */
  readonly at: number
}

/** The role of the database that counts quotas for all nodes. */
export interface QuotaStore {
  /** Takes a share of a quota. @throws StoreUnavailable */
  takeQuota(request: QuotaRequest): Promise<QuotaGrant>
}

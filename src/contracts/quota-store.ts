// Request quotas that several nodes count together.

/** A node asks for a share of a caller's quota. */
export interface QuotaRequest {
  /** Names the caller and the quota. */
  readonly who: string
  /** What all nodes together may let pass: in a window, or at once out of a full bucket. */
  readonly limit: number
  /** What comes back, in which time; of a window, all of it in its length. */
  readonly requests: number
  readonly periodMs: number
  /** Up to when it has come back: the beginning of the window; of a bucket, now. */
  readonly at: number
  readonly wanted: number
}

export interface QuotaGrant {
  /** What the node may let pass: what it wanted, or what is left. */
  readonly granted: number
  /** What all nodes have been granted and has not come back by `at`, this included. */
  readonly used: number
  /** Later than was asked for where another node's clock is ahead. */
  readonly at: number
}

export interface QuotaStore {
  takeQuota(request: QuotaRequest): Promise<QuotaGrant>
}

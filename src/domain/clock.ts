/** Time as an argument, so that a test or a simulation can control it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /**
   * Milliseconds since an arbitrary moment. Changes of the system time do not affect it. It may stand still while the
   * machine is suspended.
   */
  elapsed(): number
  /** Calls `action` once after `ms` milliseconds. The returned function cancels the call. */
  after(ms: number, action: () => void): () => void
}

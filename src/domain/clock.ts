/** Time as an argument, so that a test or a simulation can own it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds since some moment, by a clock that nobody sets; it may stand still while the machine is suspended. */
  elapsed(): number
  /** Calls `action` once after `ms`; the result cancels it. */
  after(ms: number, action: () => void): () => void
}

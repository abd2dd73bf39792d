/** The example of an operation in an OpenAPI document: a request that was sent to a real server, and its answer. */
export interface RecordedExample {
  /** Parameters of path and query, by name. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** The body of the request; absent: it had none, or the schema has an example. */
  readonly request?: unknown
  readonly status: number
  /** The body of the answer; absent: it had none. */
  readonly answer?: unknown
}

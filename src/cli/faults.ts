// The two ways in which a command ends without success, besides an error of the service itself.

/** Begins the line of every failure. */
export const prefix = 'posthorn: '

/** The command was used wrongly: exit code 2. The message says how to use it. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

/** The server, or the work, failed: exit code 1. The message is one line. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

/** The message of a failure on one line, with the code of the API or of the system. */
export function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  const inner = cause instanceof Error ? lineOf(cause) : null
  // The client, and `fetch` below it, say that they failed; the reason is the innermost error.
  const isHull = error.name === 'TypeError' || code === 'unreachable'
  if (isHull && inner !== null) return error.name === 'TypeError' ? inner : `${error.message} (${inner})`
  return typeof code === 'string' && !error.message.includes(code) ? `${error.message} (${code})` : error.message
}

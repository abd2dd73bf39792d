// The two ways in which a command ends without success, besides an error of the service itself.

/** The command was used wrongly: exit code 2. The message says how to use it. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

/** The server, or the work, failed: exit code 1. The message is one line. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

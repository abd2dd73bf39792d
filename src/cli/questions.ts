// Questions on the terminal.

import { CommandFailed } from './faults.ts'

/**
 * Asks, and returns the answer.
 *
 * @param ask passes the signal on to the questions of the library
 * @throws CommandFailed the input ends before the answer, as with Ctrl-D
 */
export async function answered<Answer>(
  ask: (terminal: { readonly signal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  const end = new AbortController()
  // The library does not say that its input has ended: nothing happens any more, and the process is about to end.
  const ended = (): void => end.abort()
  process.once('beforeExit', ended)
  try {
    return await ask(end)
  } catch (error) {
    throw end.signal.aborted ? new CommandFailed('the input ended before the answer, and nothing was done') : error
  } finally {
    process.off('beforeExit', ended)
  }
}

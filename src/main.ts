// Runs a command. The entry of the program is posthorn.js.

import { type Command, CommanderError } from 'commander'
import { CommandFailed, lineOf, prefix, WrongUse } from './cli/faults.ts'
import { safe } from './cli/output.ts'
import { createProgram } from './cli/program.ts'
import { SettingError } from './config/settings.ts'
import { NoDatabase, StoreRefused } from './contracts/store.ts'

// `serve` is no default command of the library, which would take a mistyped command for an argument of it.
const args = process.argv.slice(2)
const [first = '-'] = args
const isServe = first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first)

// The reader of the output, such as `head`, may end before the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  const program = createProgram()
  await program.parseAsync(isServe ? ['serve', ...args] : helpArguments(program, args), { from: 'user' })
} catch (error) {
  process.exitCode = exitCodeOf(error)
  // A dialect file may have opened what would keep the process.
  if (isForUsers(error)) process.exit()
}

/**
 * `delivery list --help` for `help delivery list`: the library's own `help` takes one word. The words after the first one that is
 * no command are left out, so that nothing but help is asked for.
 */
function helpArguments(program: Command, given: readonly string[]): string[] {
  const [help, ...words] = given
  if (help !== 'help' || words.length === 0) return [...given]
  const known: string[] = []
  let found = program
  for (const word of words) {
    const next = found.commands.find((command) => command.name() === word)
    // The library refuses a word that is no command of a group.
    if (next === undefined) return found.commands.length > 0 ? [...known, word] : [...known, '--help']
    known.push(word)
    found = next
  }
  return [...known, '--help']
}

/** Prints the error as one line if the user can fix it. 1: the work failed. 2: the command was used wrongly. */
function exitCodeOf(error: unknown): number {
  // The library has printed it, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  // A question was answered with Ctrl-C.
  if (error instanceof Error && error.name === 'ExitPromptError') return 1
  if (!isForUsers(error)) throw error
  process.stderr.write(`${prefix}${safe(lineOf(error))}\n`)
  const isWrongUse = [WrongUse, SettingError, NoDatabase].some((known) => error instanceof known)
  return isWrongUse || error.name === 'NoDialectFile' ? 2 : 1
}

/** Any other error is a bug and is printed with its stack. */
function isForUsers(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if ([SettingError, StoreRefused, WrongUse, CommandFailed].some((known) => error instanceof known)) return true
  // These classes are not imported, because only some commands load dialects or call a server.
  return [
    'CannotListen',
    'DialectFileError',
    'DialectFault',
    'DocumentError',
    'DraftError',
    'NoDialectFile',
    'PosthornError',
  ].includes(error.name)
}

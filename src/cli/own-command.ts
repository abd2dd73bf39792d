// The library's command. A line for a wrong use of it names the right one.

import { Command, type ErrorOptions, type HelpContext } from 'commander'
import { prefix } from './faults.ts'

export class OwnCommand extends Command {
  override createCommand(name?: string): OwnCommand {
    return new OwnCommand(name)
  }

  override error(message: string, options?: ErrorOptions): never {
    return super.error(corrected(this, message.replace(/^error: /, prefix), options?.code), options)
  }

  /** For a group without the name of a command, or with a wrong one in its own `help`, the library would print all help. */
  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context !== 'object' || !context.error) return super.help(context as HelpContext)
    const [, word] = this.args
    const message = word === undefined ? 'a command is missing' : `unknown command '${word}'`
    return this.error(`${prefix}${message}`, { code: 'commander.unknownCommand' })
  }
}

/** The message, and the right use after it. */
function corrected(command: Command, message: string, code: string | undefined): string {
  // The message says what the value must be.
  if (code === 'commander.invalidArgument') return message
  if (command.commands.length > 0) {
    const [line = '', near = ''] = message.split('\n')
    // The library also suggests words that are not near: `open` for `nope`.
    if (near.startsWith(`(Did you mean ${command.args[0]?.[0]}`)) return `${line} ${near}`
    const commands = command.createHelp().visibleCommands(command)
    const names = commands.map((one) => one.name()).filter((name) => name !== 'help')
    return `${line}; the commands of ${pathOf(command)} are ${names.join(', ')}`
  }
  const needed = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => `${flags} `)
  const usage = `${pathOf(command)} ${needed.join('')}${command.usage()}`
  return `${message.replace(/\.$/, '')}${suggestion(command, code)}; usage: ${usage} (--help shows more)`
}

/** `endpoint list acme` is meant as `endpoint list --tenant acme`. */
function suggestion({ args, registeredArguments, options }: Command, code: string | undefined): string {
  const takesTenant = registeredArguments.length === 0 && options.some(({ long }) => long === '--tenant')
  const isOne = code === 'commander.excessArguments' && args.length === 1
  return takesTenant && isOne ? ` (Did you mean --tenant ${args[0]}?)` : ''
}

/** The words with which it is called. */
function pathOf(command: Command): string {
  const { parent } = command
  return parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`
}

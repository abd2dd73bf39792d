// `posthorn completion`: the script with which a shell completes commands and options. The script asks the hidden command
// `complete`. The library makes both from all other commands, so this one is declared last.

import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { withExamples } from './command.ts'

const name = 'completion'

export function declareCompletion(program: Command): void {
  tab(program, { completionCommandName: name })
  const command = program.commands.find((one) => one.name() === name)
  if (command === undefined) return
  command.description('print the script with which a shell completes posthorn')
  withExamples(command, 'posthorn completion bash', 'posthorn completion zsh', 'posthorn completion fish')
}

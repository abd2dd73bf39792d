// Writes docs/command-line.md from the help of the commands: `node test/support/command-reference.ts`.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program.ts'

export const commandPage = resolve(import.meta.dirname, '../../docs/command-line.md')

const head = `# The command line

\`posthorn <command> --help\` shows what a command takes, with examples. This page has the same texts: \`node
test/support/command-reference.ts\` writes it. In a checkout of the repository, \`posthorn …\` is \`npx posthorn …\`.

## The server and its key

A command that talks to a server takes its address and its key from the first of these that is there:

1. **\`--profile <name>\`**: a server of \`posthorn login\`.
2. **\`POSTHORN_KEY\`**, or **\`POSTHORN_KEY_FILE\`**, which names a file with the key. The address is \`--url\` or \`POSTHORN_URL\`.
3. **\`--url\`** or **\`POSTHORN_URL\`** without a key: the profile with this address.
4. **The profile \`default\`**, which \`posthorn login\` makes without \`--profile\`.
5. **The service with the settings of this environment and folder**: its port, and \`POSTHORN_OPERATOR_KEY\` or the file
   \`operator-key\` beside its database. So no setting is needed in the folder in which \`posthorn serve\` runs.

No option takes such a key, because options show in the process list. \`posthorn login\` asks for the key, or reads it from stdin.
Profiles are in \`posthorn/profiles.json\` below \`XDG_CONFIG_HOME\` (default: \`~/.config\`), which only its owner can read.

## Output

- **For people**: tables and lists of values. Colours appear on a terminal only, and \`NO_COLOR\` switches them off. Texts of
  customers and receivers are shown without characters that command a terminal: \`\\u{1b}\` stands for such a character.
- **For programs**: \`--json\` prints the answer of the API, in the shape of the OpenAPI document. A list has \`data\` and
  \`nextCursor\`. \`tail\` and \`listen\` print one object a line. Notes and progress are on stderr.
- **Exit codes**: 0: fine. 1: the server cannot be reached or refuses, the work failed, or a question was not answered with
  yes. 2: the command was used wrongly, or a setting has a wrong value. The line names the right use or value.

## Completion

    mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc ~/.config/fish/completions
    posthorn completion bash > ~/.local/share/bash-completion/completions/posthorn
    posthorn completion zsh > ~/.zfunc/_posthorn
    posthorn completion fish > ~/.config/fish/completions/posthorn.fish

The scripts complete the name \`posthorn\`, so they need the command on your path. zsh finds its script if \`~/.zshrc\` has
\`fpath=(~/.zfunc $fpath)\` before \`compinit\`.

# Commands
`

/** A command that does something itself, with the words before it. */
export interface Leaf {
  readonly words: string
  readonly command: Command
  /** Its help, as a terminal of 100 columns shows it. */
  readonly help: string
}

/** The commands in the order of the help, without those of the library. */
export function leaves(command: Command = createProgram(), before = ''): Leaf[] {
  const words = `${before} ${command.name()}`.trim()
  const inner = command.createHelp().visibleCommands(command)
  if (inner.length > 0) return inner.filter((one) => one.name() !== 'help').flatMap((one) => leaves(one, words))
  return [{ words, command, help: helpOf(command) }]
}

function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({
    writeOut: (text) => (help += text),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return help.trim()
}

/** The lines of the examples in a help. */
export function examplesIn(help: string): string[] {
  return [...help.matchAll(/^ {2}\$ (.+)$/gm)].map(([, line = '']) => line)
}

/** The options of `serve` are the settings, which another page explains. */
const settingLines = /^ {2}--.*\n(?: {4,}.*\n)*/gm
const settingsNote =
  'The options are the [settings](operating.md#settings), and `--dialect <file>` for one more dialect.\n\n'

/** The text of the page. */
export function commandReference(): string {
  const sections = leaves().map(({ words, help }) => {
    const isServe = words === 'posthorn serve'
    const shown = isServe ? help.replaceAll(settingLines, '') : help
    return `## ${words}\n\n${isServe ? settingsNote : ''}\`\`\`text\n${shown}\n\`\`\`\n`
  })
  return `${head}\n${sections.join('\n')}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(commandPage, commandReference())

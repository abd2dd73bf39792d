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
- **Errors**: one line on stderr that begins with \`posthorn:\`. It names the option, the file or the server, and the next step.
- **Exit codes**: 0: fine. 1: the server cannot be reached or refuses, the work failed, or a question was answered with no. 2:
  the command was used wrongly, a file that it should read cannot be read, or a setting has a wrong value. The server checks
  values such as those of \`tenant create 'Bad Id!'\`, \`tenant create acme --dialect nope\` and \`endpoint create acme
  not-a-url\`: a value that it refuses gives 1. A dialect file that does not exist gives 2, and one with a fault gives 1.

## Questions

Commands that lose something ask before they do it. \`--yes\` answers their question. Without \`--yes\`, these commands do:

| Command                                          | On a terminal                                         | Without a terminal                                       |
| ------------------------------------------------ | ----------------------------------------------------- | -------------------------------------------------------- |
| \`tenant delete\`, \`endpoint delete\`, \`key revoke\` | ask; another answer than yes ends with 1              | change nothing, and end with 2                           |
| \`replay run\`                                     | counts the deliveries, asks, and ends with 1 for a no | counts the deliveries, sends nothing, and ends with 0    |
| \`dialect new\`                                    | asks for the parts of the dialect                     | ends with 2; \`--yes\` or \`--from <file>\` needs no answers |
| \`login\`                                          | asks for the key                                      | reads the key from stdin; an empty stdin ends with 2     |

\`replay run --json\` never asks: without \`--yes\` it prints the count, also on a terminal.

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

const settingsNote = 'The options are the [settings](operating.md#settings), and `--dialect`.\n\n'

/** The text of the page. */
export function commandReference(): string {
  const sections = leaves().map(({ words, help }) => {
    const note = words === 'posthorn serve' ? settingsNote : ''
    return `## ${words}\n\n${note}\`\`\`text\n${help}\n\`\`\`\n`
  })
  return `${head}\n${sections.join('\n')}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(commandPage, commandReference())

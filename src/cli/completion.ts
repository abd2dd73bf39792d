// `posthorn completion`: the script with which a shell completes commands, options and fixed values. The script asks the
// hidden command `complete`. It passes the words of the user on as they are: nothing evaluates them.

import { Argument, type Command, type Option } from 'commander'
import { offeredFor, withExamples } from './command.ts'

/**
 * Lines of `complete` are a word, and a tab with its meaning if it has one. Without a line, the shell completes names of
 * files.
 */
const scripts = {
  // It needs neither the package bash-completion nor bash 4, which macOS does not have.
  bash: `# bash completion of posthorn
_posthorn() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done <<< "$(posthorn complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$2" 2>/dev/null)"
  [[ -n \${COMPREPLY[0]} ]] || COMPREPLY=()
}
complete -o bashdefault -o default -F _posthorn posthorn
`,
  zsh: `#compdef posthorn
_posthorn() {
  local -a found
  found=("\${(@f)$(posthorn complete -- "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  found=("\${(@)found//:/\\\\:}")
  found=("\${(@)found//$'\\t'/:}")
  if [[ -n $found[1] ]]; then _describe posthorn found; else _files; fi
}
if [[ $funcstack[1] == _posthorn ]]; then _posthorn "$@"; else compdef _posthorn posthorn; fi
`,
  fish: `# fish completion of posthorn
function __posthorn_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l found (posthorn complete -- $words[2..-1] "$word" 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path "$word"
    end
end
complete -c posthorn -e
complete -c posthorn -f -a '(__posthorn_complete)'
`,
} as const

export function declareCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print the script with which a shell completes posthorn')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts) => {
      process.stdout.write(scripts[shell])
    })
  withExamples(command, 'posthorn completion bash', 'posthorn completion zsh', 'posthorn completion fish')
  program.command('complete [words...]', { hidden: true }).action(async (words: readonly string[]) => {
    const begun = words.at(-1) ?? ''
    // `--level=w` is one word, except in bash, which makes three of it: `--level`, `=` and `w`.
    const [, option = '', value = begun] = /^(--[\w-]+)=(.*)$/s.exec(begun) ?? []
    const before = [...words.slice(0, -1).filter((word) => word !== '='), ...(option === '' ? [] : [option])]
    const offers = await offersAfter(program, before, begun)
    const found = offers.filter(([word = '']) => word.startsWith(value))
    const beginning = begun.slice(0, begun.length - value.length)
    process.stdout.write(found.map((line) => `${beginning}${line.join('\t')}\n`).join(''))
  })
}

/** The commands that run if only their group is named. */
const standardCommands: Readonly<Record<string, string>> = { posthorn: 'serve', replay: 'run' }

/** Words that may come after the given ones, each with its meaning if it has one. */
async function offersAfter(program: Command, words: readonly string[], begun: string): Promise<readonly string[][]> {
  let command = program
  let valueOf: Option | undefined
  let operands = 0
  for (const word of words) {
    const isValue = valueOf !== undefined
    const inner = isValue ? undefined : command.commands.find((one) => one.name() === word)
    valueOf = isValue ? undefined : optionsOf(command).find(({ long, required }) => required && long === word)
    if (inner !== undefined) operands = 0
    else if (!isValue && !word.startsWith('-')) operands += 1
    command = inner ?? command
  }
  if (valueOf !== undefined) return (await offeredFor(valueOf)).map((word) => [word])
  if (/^-.*=/.test(begun)) return []
  if (begun.startsWith('-')) return optionsOf(command).map(({ long, description }) => [long ?? '', description])
  const choices = command.registeredArguments[operands]?.argChoices ?? []
  const inner = command.createHelp().visibleCommands(command)
  return [...inner.map((one) => [one.name(), one.description()]), ...choices.map((word) => [word])]
}

function optionsOf(command: Command): readonly Option[] {
  const own = command.createHelp().visibleOptions(command)
  const standard = command.commands.find((one) => one.name() === standardCommands[command.name()])
  return standard === undefined ? own : [...own, ...standard.options]
}

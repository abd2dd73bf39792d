// The scripts of `posthorn completion`, each in its shell with a terminal: they complete the words of a line and run none.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { bareEnv } from '../support/child-guard.ts'
import { command, programFolder } from '../support/command.ts'
import { commandLines, withoutBash } from '../support/documented.ts'
import { runFolder } from '../support/serve-run.ts'
import { startTerminal, type Terminal, withoutTerminal } from '../support/terminal.ts'

interface Shell {
  /** The command that starts it interactively and without files of the user, such as those of the package bash-completion. */
  readonly start: string
  /** The line that loads the script. */
  readonly load: string
}

const shells: Readonly<Record<'bash' | 'zsh' | 'fish', Shell>> = {
  bash: {
    start: 'bash --norc --noprofile -i',
    load: 'source <(posthorn completion bash); source <(posthorn completion bash)',
  },
  zsh: {
    start: 'zsh -f -i',
    load: 'posthorn completion zsh > _posthorn; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D',
  },
  fish: {
    start: 'fish --no-config -i',
    load: 'posthorn completion fish > posthorn.fish; source posthorn.fish; source posthorn.fish',
  },
}

function whyNot(shell: string): string | false {
  return spawnSync(shell, ['--version']).status === 0 ? withoutTerminal : `needs ${shell}`
}

/** Starts a shell that has loaded the script. The dumb terminal shows a completed line as text. */
async function started(t: TestContext, folder: string, { start, load }: Shell): Promise<Terminal> {
  const terminal = startTerminal(t, start, { folder, env: { HOME: folder } })
  await terminal.type(`${load}; echo re""ady\n`, 'ready')
  return terminal
}

const clear = '\u0015'

suite('completion', { concurrency: 2 }, () => {
  for (const [name, shell] of Object.entries(shells)) {
    test(`of ${name} completes commands, options, values and files`, { skip: whyNot(name) }, async (t) => {
      const folder = await runFolder(t)
      writeFileSync(join(folder, 'request.txt'), '')
      const terminal = await started(t, folder, shell)
      await terminal.type('posthorn endpoint ro\t', 'endpoint rotate ')
      await terminal.type(`${clear}posthorn replay acme --st\t`, 'acme --status ')
      await terminal.type(`${clear}posthorn endpoint list --health fa\t`, '--health failing ')
      await terminal.type(`${clear}posthorn serve --log-level=w\t`, '--log-level=warn ')
      await terminal.type(`${clear}posthorn verify requ\t`, 'verify request.txt ')
      assert.doesNotMatch(terminal.shown(), /readonly|not found|(?:bash|zsh|fish): /)
    })

    test(`of ${name} runs nothing that is typed`, { skip: whyNot(name) }, async (t) => {
      const folder = await runFolder(t)
      const terminal = await started(t, folder, shell)
      for (const word of ["'$(touch ran)'", '$(touch ran)', '`touch ran`', "';touch ran;'", '"$(touch ran)"']) {
        await terminal.type(`${clear}posthorn ${word} ro\t\t`, 'ro')
        await terminal.type(`${clear}posthorn endpoint ${word} --ur\t`, '--ur')
      }
      await terminal.type(`${clear}posthorn endpoint ro\t`, 'endpoint rotate ')
      assert.ok(!existsSync(join(folder, 'ran')))
    })
  }

  test('knows the words of each place', async (t) => {
    const folder = await runFolder(t)
    for (const [words, found] of [
      [['endpoint', 'ro'], ['rotate']],
      [['tail', '--fa'], ['--failures']],
      [['replay', 'acme', '--fr'], ['--from']],
      [
        ['--port', '80', '--por'],
        ['--port', '--portal-origin', '--portal-parents'],
      ],
      [['replay', '--endpoint', 'list', '--fr'], ['--from']],
      [['endpoint', 'list', '--health', 'fail'], ['failing']],
      [
        ['delivery', 'list', '--status', 'failed', '--status', ''],
        ['pending', 'delivered', 'failed', 'cancelled'],
      ],
      [['replay', 'acme', '--outcome', 'un'], ['unreachable']],
      [
        ['verify', '--dialect', ''],
        ['standard', 'allo', 'dialnexa', 'partoo', 'storno', 'ultravox'],
      ],
      [['tenant', 'create', 'acme', '--dialect', 'al'], ['allo']],
      [
        ['--allow-http', 'o'],
        ['on', 'off'],
      ],
      [['serve', '--log-level', 'e'], ['error']],
      [['serve', '--log-level=w'], ['--log-level=warn']],
      [['serve', '--log-level', '=', 'w'], ['warn']],
      [['endpoint', 'list', '--health', '=', 'failing', '--te'], ['--tenant']],
      [['verify', '--dialect=al'], ['--dialect=allo']],
      [['tail', '--json='], []],
      [
        ['completion', ''],
        ['bash', 'zsh', 'fish'],
      ],
      [['completion', 'bash', ''], []],
      [['event', 'publish', '--data', ''], []],
      [['endpoint', 'list', '--health', 'failing', '--te'], ['--tenant']],
      [['complet'], ['completion']],
    ] as const) {
      const { code, stdout } = await command(['complete', '--', ...words], { folder })
      assert.equal(code, 0)
      assert.deepEqual(
        [...stdout.matchAll(/^(\S+)(?:\t\S.*)?\n/gm)].map(([, word]) => word),
        found,
        words.join(' '),
      )
    }
  })

  test('is installed by the commands of docs/command-line.md', { skip: withoutBash }, async (t) => {
    const folder = await runFolder(t)
    const own = bareEnv()
    const env = { ...own, PATH: `${programFolder(folder)}:${own['PATH']}`, HOME: folder }
    const lines = commandLines('docs/command-line.md', 'Completion')
    assert.equal(lines.length, 4)
    for (const line of lines) {
      const made = spawnSync('bash', ['-c', line], { env, encoding: 'utf8' })
      assert.deepEqual([made.status, made.stderr], [0, ''])
      const [, shell = '', path = ''] = /^posthorn completion (\w+) > ~\/(.+)$/.exec(line) ?? []
      if (shell === '') continue
      if (spawnSync(shell, ['--version']).status !== 0) t.diagnostic(`SKIPPED: needs ${shell}`)
      else assert.equal(spawnSync(shell, ['-n', path], { cwd: folder, encoding: 'utf8' }).stderr, '')
    }
  })

  test('has a script for each shell', async (t) => {
    const folder = await runFolder(t)
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await command(['completion', shell], { folder })
      assert.equal(code, 0)
      assert.match(stdout, /posthorn complete -- /)
      assert.doesNotMatch(stdout, /\beval\b/)
    }
  })
})

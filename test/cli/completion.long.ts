// The script of `posthorn completion bash`, in a bash with a terminal: it completes the words of a line and runs none.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { bareEnv } from '../support/child-guard.ts'
import { command, programFolder } from '../support/command.ts'
import { commandLines, withoutBash } from '../support/documented.ts'
import { runFolder } from '../support/serve-run.ts'
import { startTerminal, withoutTerminal } from '../support/terminal.ts'

/** An interactive bash that has none of the user's files, and so nothing of the package bash-completion. */
const bash = 'bash --norc --noprofile -i'
const skip = withoutBash === false ? withoutTerminal : withoutBash

const clear = '\u0015'

suite('completion', { concurrency: 2 }, () => {
  test('of bash completes commands, options, values and files', { skip }, async (t) => {
    const folder = await runFolder(t)
    writeFileSync(join(folder, 'request.txt'), '')
    const terminal = startTerminal(t, bash, { folder })
    await terminal.type(
      'source <(posthorn completion bash); source <(posthorn completion bash); echo re""ady\n',
      'ready',
    )
    await terminal.type('posthorn endpoint ro\t', 'endpoint rotate ')
    await terminal.type(`${clear}posthorn replay acme --st\t`, 'acme --status ')
    await terminal.type(`${clear}posthorn endpoint list --health fa\t`, '--health failing ')
    await terminal.type(`${clear}posthorn serve --log-level=w\t`, '--log-level=warn ')
    await terminal.type(`${clear}posthorn verify requ\t`, 'verify request.txt ')
    assert.doesNotMatch(terminal.shown(), /readonly|not found|bash: /)
  })

  test('of bash runs nothing that is typed', { skip }, async (t) => {
    const folder = await runFolder(t)
    const terminal = startTerminal(t, bash, { folder })
    await terminal.type('source <(posthorn completion bash); echo re""ady\n', 'ready')
    for (const word of ["'$(touch ran)'", '$(touch ran)', '`touch ran`', "';touch ran;'", '"$(touch ran)"']) {
      await terminal.type(`${clear}posthorn ${word} ro\t\t`, 'ro')
      await terminal.type(`${clear}posthorn endpoint ${word} --ur\t`, '--ur')
    }
    await terminal.type(`${clear}posthorn endpoint ro\t`, 'endpoint rotate ')
    assert.ok(!existsSync(join(folder, 'ran')))
  })

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
    assert.equal(lines.length, 3)
    for (const line of lines) {
      const [, shell = '', path = ''] = /^posthorn completion (\w+) > ~\/(.+)$/.exec(line) ?? []
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      const made = spawnSync('bash', ['-c', line], { env, encoding: 'utf8' })
      assert.deepEqual([made.status, made.stderr], [0, ''])
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

// A wrong use of the command line: exit code 2, and one line that names the right use.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { registry } from '../../src/dialects/registry.ts'
import { startApiRig } from '../support/api-rig.ts'
import { command } from '../support/command.ts'

const folder = await mkdtemp(join(tmpdir(), 'posthorn-wrong-use-'))
after(() => rm(folder, { recursive: true }))

const ofEndpoint =
  'the commands of posthorn endpoint are list, create, show, change, enable, disable, delete, rotate, test'
const ofPosthorn = 'the commands of posthorn are serve, migrate, '

const lines: Readonly<Record<string, string>> = {
  'endpoint list acme':
    "posthorn: too many arguments for 'list'. Expected 0 arguments but got 1 (Did you mean --tenant acme?); usage: posthorn endpoint list [options] (--help shows more)\n",
  'listen acme': '(Did you mean --tenant acme?); usage: posthorn listen [options] ',
  'tenant list acme': 'got 1; usage: posthorn tenant list [options] ',
  'serve now': 'got 1; usage: posthorn serve [options] ',
  '--prot 1': "unknown option '--prot' (Did you mean --port?); usage: posthorn serve [options] ",
  'endpoint show acme':
    "missing required argument 'endpoint'; usage: posthorn endpoint show [options] <tenant> <endpoint> ",
  'endpoint list --tenant': "'--tenant <tenant>' argument missing; usage: posthorn endpoint list [options] ",
  'replay acme': "'--from <time>' not specified; usage: posthorn replay run --from <time> [options] <tenant> ",
  'delivery list --limit 0': 'must be a whole number from 1 to 100000.\n',
  'replay acme --from yesterday': 'such as 2026-01-31T08:00:00Z, or a duration before now such as 2h.\n',
  'endpoint list --health well': 'Allowed choices are failing, disabled, paused.\n',
  'completion tcsh': 'Allowed choices are bash, zsh, fish.\n',
  tenat: "posthorn: unknown command 'tenat' (Did you mean tenant?)\n",
  'help delivery lst': "posthorn: unknown command 'lst' (Did you mean list?)\n",
  endpoint: `posthorn: a command is missing; ${ofEndpoint}\n`,
  'endpoint lst': "posthorn: unknown command 'lst' (Did you mean list?)\n",
  'endpoint nope': `posthorn: unknown command 'nope'; ${ofEndpoint}\n`,
  'endpoint --lst': `posthorn: unknown option '--lst'; ${ofEndpoint}\n`,
  nope: `posthorn: unknown command 'nope'; ${ofPosthorn}`,
  'help nope': `posthorn: unknown command 'nope'; ${ofPosthorn}`,
  'help endpoint nope': `posthorn: unknown command 'nope'; ${ofEndpoint}\n`,
  'endpoint help nope': `posthorn: unknown command 'nope'; ${ofEndpoint}\n`,
}

suite('one line names the right use for', { concurrency: 2 }, () => {
  for (const [words, says] of Object.entries(lines)) {
    test(`posthorn ${words}`, async () => {
      const { code, stdout, stderr } = await command(words.split(' '), { folder })
      assert.deepEqual([code, stdout], [2, ''])
      assert.ok(stderr.includes(says), stderr)
      assert.match(stderr, /^posthorn: [^\n]+\n$/)
    })
  }

  test('a wrong setting', async () => {
    const settings = { POSTHORN_PORT: '70000', POSTHORN_DATABASE: 'mysql://x' }
    for (const words of ['serve', 'tenant list', 'backup saved.db', 'restore saved.db']) {
      const { code, stdout, stderr } = await command(words.split(' '), { env: settings, folder })
      assert.deepEqual([code, stdout], [2, ''], words)
      assert.match(stderr, /^posthorn: POSTHORN_(?:PORT|DATABASE) must be [^\n]+\n$/)
    }
    const { code, stderr } = await command(['tenant', 'list'], { env: { POSTHORN_KEY_FILE: 'nowhere' }, folder })
    assert.deepEqual([code, stderr], [2, 'posthorn: POSTHORN_KEY_FILE must name a file, and nowhere does not exist\n'])
  })

  test('a dialect that the server does not have', async (t) => {
    const rig = await startApiRig()
    t.after(() => rig.close())
    const env = { POSTHORN_URL: rig.server.url, POSTHORN_KEY: rig.installation.operatorKey }
    const names = registry.map(({ dialect }) => dialect.name).join(', ')
    for (const list of ['tenant', 'delivery']) {
      const { code, stderr } = await command([list, 'list', '--dialect', 'nope'], { env, folder })
      assert.deepEqual([code, stderr], [2, `posthorn: there is no dialect nope: the server has ${names}\n`])
      const none = await command([list, 'list', '--dialect', 'allo'], { env, folder })
      assert.deepEqual([none.code, none.stderr], [0, 'There are none.\n'])
    }
  })
})

// A wrong use of the command line: exit code 2, and one line that names the right use.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { registry } from '../../src/dialects/registry.ts'
import { startApiRig } from '../support/api-rig.ts'
import { command } from '../support/command.ts'

const folder = await mkdtemp(join(tmpdir(), 'posthorn-wrong-use-'))
after(() => rm(folder, { recursive: true }))
await writeFile(join(folder, 'notes.md'), '# Notes\n')

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
  'tail --endpoint ep_1': 'posthorn: --endpoint needs --tenant\n',
  'listen --tenant acme --secret-file x':
    "'--secret-file <file>' cannot be used with option '--tenant <tenant>'; usage: ",
  'listen --tenant acme --dialect allo': "'--dialect <name>' cannot be used with option '--tenant <tenant>'; usage: ",
  'verify x --tenant acme --endpoint ep_1 --dialect allo': "'--dialect <name>' cannot be used with option '--tenant ",
  'replay run acme --from 2h --missing --outcome blocked': "'--missing' cannot be used with option '--outcome ",
  'dialect check nowhere.ts': 'posthorn: nowhere.ts does not exist\n',
  'dialect check notes.md': 'posthorn: the dialect file notes.md must be a .ts or .js file\n',
  'serve --dialect nowhere.ts': 'posthorn: the dialect file nowhere.ts does not exist\n',
  'serve --dialect-files nowhere': 'posthorn: the dialect file nowhere does not exist\n',
  'dialect check .': 'posthorn: . is a folder: give a file\n',
  'dialect new mine --from nowhere.yaml': 'posthorn: --from nowhere.yaml does not exist\n',
  'restore nowhere.db': 'posthorn: nowhere.db does not exist\n',
  'verify x --secret-file nowhere': 'posthorn: --secret-file nowhere does not exist\n',
  'backup x.db --database y.db': 'posthorn: --database must be sqlite:<file>, such as sqlite:./data/posthorn.db\n',
  'backup x.db --database postgres://db/x': 'posthorn: --database is PostgreSQL: use its own tools, such as pg_dump\n',
  'migrate --from x.db --to postgres://db/x':
    'posthorn: --from must be sqlite:<file>, such as sqlite:./data/posthorn.db: ',
  'migrate --from sqlite:./nowhere.db --to postgres://localhost:1/x': 'posthorn: there is no database ./nowhere.db\n',
  'backup x.db': 'posthorn: there is no database ./data/posthorn.db\n',
  '--allow-networks x': 'posthorn: --allow-networks: x is not a CIDR range such as 10.0.0.0/8\n',
  '--dialects x': 'posthorn: --dialects names x; the dialects are standard, ',
  '--ca-file nowhere': 'posthorn: --ca-file nowhere does not exist\n',
  '--allow-http maybe': 'posthorn: --allow-http must be on or off (or true, false, yes, no, 1, 0)\n',
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
    assert.deepEqual([code, stderr], [2, 'posthorn: POSTHORN_KEY_FILE nowhere does not exist\n'])
  })

  test('a file that cannot be written: exit code 1, and nothing else is said', async () => {
    await writeFile(join(folder, 'file'), '')
    for (const [words, says] of [
      ['dialect new mine --yes --out no/mine.ts', '--out no/mine.ts cannot be written: its folder does not exist'],
      [
        'dialect new mine --yes --out file/mine.ts',
        '--out file/mine.ts cannot be written: a part of its path is a file',
      ],
      ['backup no/x.db', 'no/x.db cannot be written: its folder does not exist'],
    ] as const) {
      const { code, stdout, stderr } = await command(words.split(' '), { folder })
      assert.deepEqual([code, stdout], [1, ''], words)
      assert.ok(stderr.startsWith(`posthorn: ${says}`), stderr)
      assert.match(stderr, /^[^\n]+\n$/)
    }
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

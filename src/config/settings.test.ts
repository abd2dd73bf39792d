import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createKeyFile, readKeyFile } from './key-files.ts'
import { flagOf, readSettings, SettingError, settingTable } from './settings.ts'

suite('settings', () => {
  test('have defaults with which the service starts', () => {
    const settings = readSettings({})
    assert.equal(settings.port, 4080)
    assert.equal(settings.operatorKey, null)
    assert.deepEqual(settings.allowNetworks, [])
    assert.equal(settings.rateLimits, true)
    const { keyLimit, tenantLimit, keyTestLimit, tenantTestLimit } = settings
    assert.deepEqual([keyLimit, tenantLimit, keyTestLimit, tenantTestLimit], [300, 600, 30, 60])
  })

  test('come from flags first, then from the environment', () => {
    const settings = readSettings({ POSTHORN_PORT: '1', POSTHORN_HOST: '::1' }, { port: '2' })
    assert.deepEqual([settings.port, settings.host], [2, '::1'])
  })

  test('with wrong values are named in an error that says what they must be and shows no secret', () => {
    const cases = [
      { name: 'POSTHORN_PORT', value: 'http', message: /^POSTHORN_PORT must be a whole number from 0 to 65535$/ },
      { name: 'POSTHORN_PORT', value: '', message: /^POSTHORN_PORT must be/ },
      { name: 'POSTHORN_PORT', value: '1.5', message: /^POSTHORN_PORT must be/ },
      { name: 'POSTHORN_ALLOW_HTTP', value: 'maybe', message: /^POSTHORN_ALLOW_HTTP must be on or off/ },
      { name: 'POSTHORN_DATABASE', value: 'mysql://x', message: /^POSTHORN_DATABASE must be/ },
      { name: 'POSTHORN_LOG_LEVEL', value: 'loud', message: /^POSTHORN_LOG_LEVEL must be one of/ },
      {
        name: 'POSTHORN_KEY_LIMIT',
        value: '0',
        message: /^POSTHORN_KEY_LIMIT must be a whole number from 1 to 1000000$/,
      },
      { name: 'POSTHORN_TENANT_LIMIT', value: 'many', message: /^POSTHORN_TENANT_LIMIT must be a whole number/ },
      { name: 'POSTHORN_KEY_TEST_LIMIT', value: '1.5', message: /^POSTHORN_KEY_TEST_LIMIT must be a whole number/ },
      { name: 'POSTHORN_TENANT_TEST_LIMIT', value: '', message: /^POSTHORN_TENANT_TEST_LIMIT must be a whole number/ },
      { name: 'POSTHORN_RETRY_SCALE', value: '-1', message: /^POSTHORN_RETRY_SCALE must be/ },
      {
        name: 'POSTHORN_MASTER_KEY',
        value: 'planted',
        message: /^POSTHORN_MASTER_KEY must be 32 bytes in base64, or several such keys$/,
      },
      { name: 'POSTHORN_OPERATOR_KEY', value: 'planted-with-23-letters', message: /_KEY must have at least 24/ },
      { name: 'POSTHORN_OPERATOR_KEY', value: 'planted with spaces in it', message: /_KEY must have at least 24/ },
      ...['a'.repeat(40), 'abcdefghijklmnopqrstuvwxyz', '0123456789'.repeat(3), 'planted-'.repeat(4)].map((value) => ({
        name: 'POSTHORN_OPERATOR_KEY',
        value,
        message: /^POSTHORN_OPERATOR_KEY is easy to guess/,
      })),
      { name: 'POSTHORN_JWT_SECRET', value: 'planted-'.repeat(3), message: /_SECRET must have at least 32 bytes$/ },
      { name: 'POSTHORN_JWT_SECRET', value: 'planted-'.repeat(4), message: /^POSTHORN_JWT_SECRET is easy to guess/ },
      ...['ftp://x.test', 'hooks.example.com', 'https://a.test,b', 'https://u:planted@a.test', 'https://a.test?x'].map(
        (value) => ({ name: 'POSTHORN_PUBLIC_URL', value, message: /^POSTHORN_PUBLIC_URL must be an http/ }),
      ),
      { name: 'POSTHORN_JWT_MAX_HOURS', value: '0', message: /^POSTHORN_JWT_MAX_HOURS must be a number/ },
      ...[
        'https://ada:planted@proxy.test',
        'http://ada:planted@proxy.test/x',
        'http://ada:planted@proxy.test?x',
        'http://ada:%planted@proxy.test',
        'http://a%3Ab:planted@proxy.test',
        'ada:planted@proxy.test:3128',
      ].map((value) => ({ name: 'POSTHORN_EGRESS_PROXY', value, message: /^POSTHORN_EGRESS_PROXY must be http:/ })),
      { name: 'POSTHORN_EGRESS_PROXY_RESOLVES', value: 'y', message: /^POSTHORN_EGRESS_PROXY_RESOLVES must be/ },
      ...[
        { name: 'POSTHORN_PORT_FILE', meant: 'POSTHORN_CA_FILE' },
        { name: 'POSTHORN_PROT', meant: 'POSTHORN_PORT' },
        { name: 'POSTHORN_OPERATORKEY', meant: 'POSTHORN_OPERATOR_KEY' },
        { name: 'POSTHORN_JWT_SECRETFILE', meant: 'POSTHORN_JWT_SECRET_FILE' },
      ].map(({ name, meant }) => ({
        name,
        value: '1',
        message: new RegExp(`^${name} is not .* nearest one is ${meant}$`),
      })),
    ]
    for (const { name, value, message } of cases) {
      assert.throws(
        () => readSettings({ [name]: value }),
        (error) => error instanceof SettingError && message.test(error.message) && !error.message.includes('planted'),
      )
    }
    assert.throws(() => readSettings({}, { logLevel: 'loud' }), /^SettingError: --log-level must be/)
  })

  test('that are on or off take the usual words for both', () => {
    for (const [words, expected] of [
      [['on', 'true', '1', 'yes', 'TRUE'], true],
      [['off', 'false', '0', 'no', 'No'], false],
    ] as const) {
      for (const word of words) assert.equal(readSettings({ POSTHORN_RATE_LIMITS: word }).rateLimits, expected, word)
    }
    const switches = [
      'POSTHORN_ALLOW_HTTP',
      'POSTHORN_RATE_LIMITS',
      'POSTHORN_REUSE_PORT',
      'POSTHORN_EGRESS_PROXY_RESOLVES',
    ]
    for (const name of switches) {
      for (const word of ['maybe', '', 'on off']) {
        assert.throws(() => readSettings({ [name]: word }), new RegExp(`^SettingError: ${name} must be on or off `))
      }
    }
  })

  test('that are secret may be in a file', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-settings-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'proxy')
    const read = (more: Record<string, string> = {}) => readSettings({ POSTHORN_EGRESS_PROXY_FILE: file, ...more })
    assert.throws(read, /^SettingError: POSTHORN_EGRESS_PROXY_FILE \S+ does not exist$/)
    writeFileSync(file, ' http://ada:p%40ss%3A@[::1]:3128\n')
    assert.deepEqual(read().egressProxy, {
      hostname: '::1',
      port: 3128,
      authorization: `Basic ${Buffer.from('ada:p@ss:').toString('base64')}`,
      shown: '[::1]:3128',
    })
    assert.throws(() => read({ POSTHORN_EGRESS_PROXY: 'http://proxy.test' }), /_PROXY_FILE are both set$/)
    writeFileSync(file, 'planted')
    assert.throws(
      read,
      (error: Error) => /_FILE .*: must be http:/.test(error.message) && !/planted/.test(error.message),
    )
    writeFileSync(file, 'http://proxy.test')
    const { port, authorization } = read().egressProxy ?? {}
    assert.deepEqual([port, authorization], [80, null])
  })

  test('are all listed in docs/operating.md with their defaults, and no others are', () => {
    const docs = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8')
    const documented = [...docs.matchAll(/^\| `(POSTHORN_[A-Z_]+)` +\| `(--[a-z-]+)` +\| (.*?) +\|/gm)]
    const rows = documented.map(([, variable, flag, standard]) => `${variable} ${flag} ${standard}`)
    const expected = (Object.keys(settingTable) as (keyof typeof settingTable)[]).map((name) => {
      const { variable, default: standard, absent } = settingTable[name]
      const shown = standard === null ? absent : standard === '' ? 'none' : `\`${standard}\``
      return `${variable} ${flagOf(name)} ${shown}`
    })
    assert.deepEqual(rows, expected)
  })
})

test('a generated key is stored in a file that only its owner can read, and is loaded again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-keys-'))
  try {
    const database = join(folder, 'deep', 'posthorn.db')
    assert.equal(readKeyFile(database, 'operator-key'), null)
    const { path, value } = createKeyFile(database, 'operator-key', 'one')
    assert.equal(value, 'one')
    assert.equal(createKeyFile(database, 'operator-key', 'two').value, 'one')
    assert.deepEqual([path, join(folder, 'deep')].map(modeOf), [0o600, 0o700])
    chmodSync(path, 0o644)
    assert.equal(readKeyFile(database, 'operator-key')?.value, 'one')
    assert.equal(modeOf(path), 0o600)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a key file is refused if it is a link, a folder, or the file of another user', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const database = join(folder, 'posthorn.db')
  writeFileSync(join(folder, 'planted'), 'a key that another user knows', { mode: 0o600 })
  symlinkSync(join(folder, 'planted'), join(folder, 'operator-key'))
  for (const read of [readKeyFile, (path: string, name: string) => createKeyFile(path, name, 'new')]) {
    assert.throws(() => read(database, 'operator-key'), /operator-key is a symbolic link: put the file itself there/)
  }
  mkdirSync(join(folder, 'master-key'))
  assert.throws(() => readKeyFile(database, 'master-key'), /master-key is not a file/)
  rmSync(join(folder, 'operator-key'))
  writeFileSync(join(folder, 'operator-key'), 'planted')
  if (process.getuid?.() !== 0) return t.diagnostic('not tested: only root can give a file to another user')
  chownSync(join(folder, 'operator-key'), 12_345, 12_345)
  assert.throws(() => readKeyFile(database, 'operator-key'), /operator-key belongs to another user \(12345\)/)
})

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

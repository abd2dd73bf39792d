import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { keyBeside } from './key-files.ts'
import { flagOf, readSettings, SettingError, settingTable } from './settings.ts'

suite('settings', () => {
  test('have defaults that serve at once', () => {
    const settings = readSettings({})
    assert.equal(settings.port, 4080)
    assert.equal(settings.operatorKey, null)
    assert.deepEqual(settings.allowNetworks, [])
    assert.equal(settings.rateLimits, true)
  })

  test('come from flags, then the environment', () => {
    const settings = readSettings({ POSTHORN_PORT: '1', POSTHORN_HOST: '::1' }, { port: '2' })
    assert.deepEqual([settings.port, settings.host], [2, '::1'])
  })

  test('that are wrong are named, with what they must be, and secrets are not shown', () => {
    const cases: [environment: Record<string, string>, message: RegExp][] = [
      [{ POSTHORN_PORT: 'http' }, /^POSTHORN_PORT must be a whole number from 0 to 65535$/],
      [{ POSTHORN_PORT: '' }, /^POSTHORN_PORT must be/],
      [{ POSTHORN_PORT: '1.5' }, /^POSTHORN_PORT must be/],
      [{ POSTHORN_ALLOW_HTTP: 'true' }, /^POSTHORN_ALLOW_HTTP must be one of: on, off$/],
      [{ POSTHORN_DATABASE: 'mysql://x' }, /^POSTHORN_DATABASE must be/],
      [{ POSTHORN_LOG_LEVEL: 'loud' }, /^POSTHORN_LOG_LEVEL must be one of/],
      [{ POSTHORN_RETRY_SCALE: '-1' }, /^POSTHORN_RETRY_SCALE must be/],
      [{ POSTHORN_MASTER_KEY: 'planted' }, /^POSTHORN_MASTER_KEY must be 32 bytes in base64, or several such keys$/],
      [{ POSTHORN_OPERATOR_KEY: 'planted' }, /^POSTHORN_OPERATOR_KEY must have at least 16/],
      [{ POSTHORN_PROT: '1' }, /^POSTHORN_PROT is not a setting/],
    ]
    for (const [environment, message] of cases) {
      assert.throws(
        () => readSettings(environment),
        (error) => error instanceof SettingError && message.test(error.message) && !error.message.includes('planted'),
      )
    }
    assert.throws(() => readSettings({}, { logLevel: 'loud' }), /^SettingError: --log-level must be/)
  })

  test('stand in docs/operating.md, each with its default, and no others', () => {
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

test('a generated key is kept in a file for its owner alone, and found again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-keys-'))
  try {
    const database = join(folder, 'deep', 'posthorn.db')
    const first = keyBeside(database, 'operator-key', () => 'one')
    const second = keyBeside(database, 'operator-key', () => 'two')
    assert.deepEqual([first.value, first.created, second.value, second.created], ['one', true, 'one', false])
    assert.equal(statSync(first.path).mode & 0o777, 0o600)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

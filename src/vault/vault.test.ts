import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createVault, VaultError } from './vault.ts'

const vault = createVault(randomBytes(32))

test('what was sealed opens for its context, and is not readable meanwhile', () => {
  const sealed = vault.seal('whsec_secret ✓', 'a|1|secrets')
  assert.ok(!sealed.includes('secret'))
  assert.equal(vault.open(sealed, 'a|1|secrets'), 'whsec_secret ✓')
  assert.notEqual(vault.seal('x', 'c'), vault.seal('x', 'c'))
})

test('a value moved to another row, or changed in any byte, does not open', () => {
  const sealed = vault.seal('secret', 'a|1|secrets')
  assert.throws(() => vault.open(sealed, 'a|2|secrets'), VaultError)
  const [form, keyId, payload = ''] = sealed.split('.')
  const bytes = Buffer.from(payload, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    const text = `${form}.${keyId}.${changed.toString('base64url')}`
    assert.throws(() => vault.open(text, 'a|1|secrets'), VaultError)
  }
  assert.throws(() => vault.open(sealed.slice(0, 30), 'a|1|secrets'), VaultError)
  assert.throws(() => vault.open('plain text', 'a|1|secrets'), VaultError)
})

test('another master key is told apart, and a short one refused', () => {
  const sealed = vault.seal('secret', 'c')
  assert.throws(() => createVault(randomBytes(32)).open(sealed, 'c'), /sealed with master key/)
  assert.throws(() => createVault(randomBytes(31)), VaultError)
})

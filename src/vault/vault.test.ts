import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createVault, VaultError } from './vault.ts'

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
const vault = createVault([oldKey])

test('a sealed value is not readable, and opens for its context', () => {
  const sealed = vault.seal('whsec_secret ✓', 'a|1|secrets')
  assert.ok(!sealed.includes('secret'))
  assert.equal(vault.open(sealed, 'a|1|secrets'), 'whsec_secret ✓')
  assert.notEqual(vault.seal('x', 'c'), vault.seal('x', 'c'))
})

test('a value does not open in another row or after a change of any byte', () => {
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
  // Each character before the payload: the version and the id of the key.
  for (let at = 0; at < sealed.length - payload.length; at++) {
    const other = String.fromCharCode(sealed.charCodeAt(at) ^ 1)
    assert.throws(() => vault.open(sealed.slice(0, at) + other + sealed.slice(at + 1), 'a|1|secrets'), VaultError)
  }
  for (let length = 0; length < sealed.length; length++)
    assert.throws(() => vault.open(sealed.slice(0, length), 'a|1|secrets'), VaultError)
  assert.throws(() => vault.open('plain text', 'a|1|secrets'), VaultError)
})

test('a value sealed with another master key does not open, and keys of a wrong length are refused', () => {
  const sealed = vault.seal('secret', 'c')
  assert.throws(() => createVault([newKey]).open(sealed, 'c'), /sealed with master key/)
  assert.throws(() => createVault([randomBytes(31)]), VaultError)
  assert.throws(() => createVault([oldKey, randomBytes(33)]), VaultError)
  assert.throws(() => createVault([]), VaultError)
})

test('the first of several master keys seals, and all keys open', () => {
  const sealed = vault.seal('secret', 'c')
  const rotating = createVault([newKey, oldKey])
  assert.deepEqual([vault.hasOtherKeys, rotating.hasOtherKeys], [false, true])
  assert.equal(rotating.open(sealed, 'c'), 'secret')
  assert.throws(() => rotating.open(sealed, 'd'), VaultError)
  assert.deepEqual([sealed.startsWith(vault.mark), sealed.startsWith(rotating.mark)], [true, false])
  const resealed = rotating.seal('secret', 'c')
  assert.ok(resealed.startsWith(rotating.mark))
  assert.equal(createVault([newKey]).open(resealed, 'c'), 'secret')
  assert.throws(() => vault.open(resealed, 'c'), /sealed with master key/)
})

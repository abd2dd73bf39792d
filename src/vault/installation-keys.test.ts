// The key pairs of an installation through rotations, on a real SQLite file.

import assert from 'node:assert/strict'
import { createPublicKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { temporaryFolder } from '../../test/conformance/store/temporary-folder.ts'
import { StoreRefused } from '../contracts/store.ts'
import { secrets } from '../dialect-kit/index.ts'
import { limits } from '../domain/limits.ts'
import { keyId } from '../signing/jws.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { type InstallationKeys, openInstallationKeys } from './installation-keys.ts'
import { secretPrefix } from './master-key.ts'
import { createVault } from './vault.ts'

const vault = createVault([randomBytes(32)])
const dialects = new Map(
  [
    { name: 'signs', installationSecret: secrets.p256KeyPair.installation },
    { name: 'plain', installationSecret: null },
  ].map((dialect) => [dialect.name, dialect]),
)
const minute = 60_000

async function open(t: TestContext) {
  const store = await openSqliteStore(join(await temporaryFolder(t), 'posthorn.db'))
  t.after(() => store.close())
  return { store, load: () => openInstallationKeys({ store, vault, dialects }) }
}

const ids = (keys: InstallationKeys, at: number): unknown[] => keys.published('signs', at).map(({ jwk }) => jwk['kid'])
const signingId = (keys: InstallationKeys, at: number): string => {
  const [key] = keys.signing('signs', at)
  return keyId(key ?? assert.fail('no key signs'))
}

test('a pair is published before it signs, and after it was replaced', async (t) => {
  const { load } = await open(t)
  const keys = await load()
  const now = Date.now()
  const [first] = ids(keys, now)
  assert.equal(signingId(keys, now), first)
  assert.equal(await keys.rotate('signs', now, now + 10 * minute, 60 * minute), true)
  const [second] = ids(keys, now)
  assert.notEqual(second, first)
  for (const [after, published, signs] of [
    [0, [second, first], first],
    [10 * minute - 1, [second, first], first],
    [10 * minute, [second, first], second],
    [70 * minute - 1, [second, first], second],
    [70 * minute, [second], second],
  ] as const) {
    assert.deepEqual(ids(keys, now + after), published, String(after))
    assert.equal(signingId(keys, now + after), signs, String(after))
  }
  const again = await load()
  assert.deepEqual(ids(again, now), [second, first], 'the next start has the same pairs')
  const [pair] = again.published('signs', now)
  const jwk = createPublicKey({ key: pair?.jwk as never, format: 'jwk' })
  assert.equal(jwk.export({ type: 'spki', format: 'pem' }), pair?.pem)
})

test('another node sees the pair when it reads again, and rotations of both are kept', async (t) => {
  const { load } = await open(t)
  const [one, other] = [await load(), await load()]
  const now = Date.now()
  await one.rotate('signs', now, now, 60 * minute)
  await other.rotate('signs', now, now, 60 * minute)
  await one.load()
  assert.equal(ids(one, now).length, 3)
  assert.deepEqual(ids(one, now), ids(other, now))
  const [key] = one.signing('signs', now)
  await one.load()
  assert.equal(one.signing('signs', now)[0], key, 'a pair that is known is not prepared again')
})

test('so many pairs are published at most, and a dialect without pairs has none', async (t) => {
  const { load } = await open(t)
  const keys = await load()
  const now = Date.now()
  for (let count = 1; count < limits.installationKeysMax; count++) {
    assert.equal(await keys.rotate('signs', now, now, minute), true)
  }
  assert.equal(await keys.rotate('signs', now, now, minute), false)
  assert.equal(await keys.rotate('signs', now + minute, now + minute, 0), true)
  assert.equal(ids(keys, now + minute).length, 1, 'without an overlap, the others end at once')
  for (const name of ['plain', 'absent']) {
    assert.equal(await keys.rotate(name, now, now, minute), false)
    assert.deepEqual([keys.signing(name, now), keys.published(name, now)], [[], []])
  }
})

test('the key of an older version is the first pair, and a changed value is refused', async (t) => {
  const { store, load } = await open(t)
  const name = `${secretPrefix}signs`
  const pem = await secrets.p256KeyPair.installation.generate()
  const sealed = await store.writeOnce(name, vault.seal(pem, name))
  const keys = await load()
  const [pair] = keys.published('signs', Date.now())
  assert.equal(pair?.pem, secrets.p256KeyPair.installation.publicKey(pem))
  await keys.rotate('signs', Date.now(), Date.now(), minute)
  assert.equal(ids(keys, Date.now()).length, 2)
  const current = (await store.installationValues()).find((value) => value.name === name)?.value ?? ''
  assert.notEqual(current, sealed)
  await store.replaceInstallationValue(name, current, vault.seal('[]', 'another place'))
  await assert.rejects(load(), StoreRefused)
})

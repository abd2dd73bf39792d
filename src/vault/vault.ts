// Seals values that must not be readable in the database file: signing secrets and header values. AES-256-GCM with a
// new random nonce for each value. A sealed value names its key, so that keys can be distinguished and replaced. The
// context (the owner of the value) is authenticated, so that a sealed value in another row does not open.

import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** The forms of sealed values: sealed for a context alone, and for a context in one installation. */
const forms = { plain: 'v1', bound: 'v2' } as const
const nonceBytes = 12
const tagBytes = 16
/** The length of a master key in bytes. */
export const masterKeyBytes = 32

/** Seals and opens texts. */
export interface Vault {
  /** Seals with the first key. `context` names the owner of the value; `open` needs the same context. */
  seal(text: string, context: string): string
  /** @throws VaultError if the text was changed, or was not sealed with one of the keys for this context */
  open(sealed: string, context: string): string
  /** The beginning of every value that is sealed with the first key. */
  readonly mark: string
  /** Whether there are several keys, because the master key is being rotated. */
  readonly hasOtherKeys: boolean
  /** A vault with the same keys whose values open only with this `binding`. */
  boundTo(binding: string): Vault
}

/** A value does not open, or the master keys are invalid. */
export class VaultError extends Error {
  override name = 'VaultError'
}

/** The first key seals, all keys open. @throws VaultError if there is no key, or a key does not have 32 bytes */
export function createVault(masterKeys: readonly Buffer[]): Vault {
  return vaultOf(new Map(masterKeys.map((masterKey) => [idOf(masterKey), keyOf(masterKey)])), forms.plain, '')
}

/** @param binding precedes every context */
function vaultOf(keys: ReadonlyMap<string, KeyObject>, version: string, binding: string): Vault {
  const [first] = keys
  if (first === undefined) throw new VaultError('there must be a master key')
  const [firstId, firstKey] = first
  const mark = `${version}.${firstId}.`
  return {
    mark,
    hasOtherKeys: keys.size > 1,
    boundTo: (text) => vaultOf(keys, forms.bound, `${text}|`),
    seal(text, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', firstKey, nonce).setAAD(Buffer.from(binding + context))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return mark + sealed.toString('base64url')
    },
    open(sealed, context) {
      const [form, keyId = '', payload] = sealed.split('.')
      if (form !== version || payload === undefined) throw new VaultError('a sealed value has an unknown form')
      const key = keys.get(keyId)
      if (key === undefined) {
        throw new VaultError(`a value was sealed with master key ${keyId}, not ${[...keys.keys()].join(' or ')}`)
      }
      const bytes = Buffer.from(payload, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        })
        decipher.setAAD(Buffer.from(binding + context)).setAuthTag(bytes.subarray(-tagBytes))
        return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new VaultError('a sealed value does not open: it was changed, or sealed for another context')
      }
    },
  }
}

function keyOf(masterKey: Buffer): KeyObject {
  if (masterKey.length !== masterKeyBytes) throw new VaultError(`a master key must have ${masterKeyBytes} bytes`)
  return createSecretKey(masterKey)
}

function idOf(masterKey: Buffer): string {
  return createHash('sha256').update('posthorn master key ').update(masterKey).digest('hex').slice(0, 8)
}

// Seals what must not be read from the database file: signing secrets and header values. AES-256-GCM with a fresh
// nonce; the record names its key, so that keys can be told apart; the context (whose value it is) is authenticated, so
// that a sealed value moved to another row does not open.

import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto'

const version = 'v1'
const nonceBytes = 12
const tagBytes = 16
export const masterKeyBytes = 32

export interface Vault {
  /** `context` says what the value belongs to; the same text is needed to open it. */
  seal(text: string, context: string): string
  /** @throws VaultError where the text was not sealed with this key for this context, or was tampered with */
  open(sealed: string, context: string): string
}

export class VaultError extends Error {
  override name = 'VaultError'
}

export function createVault(masterKey: Buffer): Vault {
  if (masterKey.length !== masterKeyBytes) throw new VaultError(`the master key must have ${masterKeyBytes} bytes`)
  const key = createSecretKey(masterKey)
  const keyId = createHash('sha256').update('posthorn master key ').update(masterKey).digest('hex').slice(0, 8)
  return {
    seal(text, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}.${keyId}.${sealed.toString('base64url')}`
    },
    open(sealed, context) {
      const [form, sealedWith, payload] = sealed.split('.')
      if (form !== version || payload === undefined) throw new VaultError('a sealed value has an unknown form')
      if (sealedWith !== keyId) throw new VaultError(`a value was sealed with master key ${sealedWith}, not ${keyId}`)
      const bytes = Buffer.from(payload, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        })
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes))
        return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new VaultError('a sealed value does not open: it was changed, or belongs elsewhere')
      }
    },
  }
}

// The recipes of the dialects that Posthorn has. `node packages/verify/generate.ts` wrote this file.

import type { Recipe } from './recipe.ts'

export const recipes = {
  standard: {
    signatures: { headers: ['webhook-signature'], separator: ' ', prefix: 'v1,', isRepeated: true },
    algorithm: 'hmac-sha256',
    encoding: 'base64',
    signed: [
      { header: 'webhook-id' },
      { text: '.' },
      { header: 'webhook-timestamp' },
      { text: '.' },
      { body: 'bytes' },
    ],
    key: { secret: 'base64', prefix: 'whsec_' },
    timestamp: { header: 'webhook-timestamp', form: 'unixSeconds' },
  },
  allo: {
    signatures: { headers: ['webhook-signature'], separator: ' ', prefix: 'v1,', isRepeated: true },
    algorithm: 'hmac-sha256',
    encoding: 'base64',
    signed: [
      { header: 'webhook-id' },
      { text: '.' },
      { header: 'webhook-timestamp' },
      { text: '.' },
      { body: 'bytes' },
    ],
    key: { secret: 'base64', prefix: 'whsec_' },
    timestamp: { header: 'webhook-timestamp', form: 'unixSeconds' },
  },
  dialnexa: {
    signatures: { headers: ['x-dialnexa-signature'], separator: null, prefix: 'sha256=', isRepeated: false },
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    signed: [{ body: 'bytes' }],
    key: { secret: 'text' },
  },
  partoo: {
    signatures: { headers: ['x-partoo-signature-v1'], separator: null, prefix: '', isRepeated: false },
    algorithm: 'ed25519',
    encoding: 'base64',
    signed: [{ body: 'bytes' }],
    key: { publicKey: 'pem' },
  },
  storno: {
    signatures: { headers: ['x-storno-signature'], separator: null, prefix: 'sha256=', isRepeated: false },
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    signed: [{ body: 'bytes' }],
    key: { secret: 'text' },
  },
  ultravox: {
    signatures: { headers: ['x-ultravox-webhook-signature'], separator: ',', prefix: '', isRepeated: true },
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    signed: [{ body: 'bytes' }, { header: 'x-ultravox-webhook-timestamp' }],
    key: { secret: 'text' },
    timestamp: { header: 'x-ultravox-webhook-timestamp', form: 'iso' },
  },
} as const satisfies Readonly<Record<string, Recipe>>

/** A dialect that Posthorn has. */
export type DialectName = keyof typeof recipes

// Test vectors: deliveries that a receiver of the dialect must accept or refuse. They are made by the dialect itself, with
// fixed ids, secrets and times. Key pairs are new.

import { createHash, createPublicKey } from 'node:crypto'
import type { Message } from '../../contracts/delivery-dialect.ts'
import type { Dialect } from '../../contracts/dialect.ts'
import type { Recipe, TestVector } from '../../contracts/recipe.ts'
import { type Endpoint, unstoredEndpoint } from '../../domain/endpoint.ts'
import type { DeliveryId, EndpointKey, EventId, RandomBytes, TenantId } from '../../domain/ids.ts'
import { second } from '../../domain/time.ts'
import { newSigningSecret } from '../../contracts/signing-secret.ts'

type Sender = Omit<Dialect, 'receiving'>

/** 30 November 2026, 00:53:20 UTC. */
const sentAtMs = 1_796_000_000 * second
/** How old a delivery may be, and how far ahead the sender's clock. */
const toleranceSeconds = 300

export async function vectorsOf(dialect: Sender, recipe: Recipe): Promise<readonly TestVector[]> {
  const random = fixedBytes()
  const { installationSecret } = dialect
  const [secret, older] = [newSigningSecret(dialect, random), newSigningSecret(dialect, random)]
  const pairs = installationSecret
    ? await Promise.all([installationSecret.generate(), installationSecret.generate()])
    : []
  const pairKeys = installationSecret && pairs[0] !== undefined ? [installationSecret.key(pairs[0])] : []
  const message = messageOf(dialect, random)
  const sent = (secrets: readonly string[]): Pick<TestVector, 'headers' | 'body'> => {
    const keys = [...secrets.map((one) => dialect.signingKey(one)), ...pairKeys]
    const body = dialect.encode(message, keys, sentAtMs)
    return { headers: dialect.headers(message, Buffer.from(body), keys, sentAtMs), body }
  }
  const secrets = secret === null ? [] : [secret]
  const [verifying, wrong] = 'publicKey' in recipe.key ? pairs.map((pem) => publicPem(pem)) : [secret, older]
  const valid: TestVector = {
    title: 'a delivery',
    isValid: true,
    secret: verifying ?? '',
    now: sentAtMs / second,
    url: message.endpoint.url,
    webhookId: message.endpoint.id,
    ...sent(secrets),
  }
  const during =
    secret === null || older === null || 'publicKey' in recipe.key
      ? []
      : rotation(recipe, valid, sent([older, secret]), older)
  return [valid, ...variationsOf(recipe, valid, wrong ?? ''), ...during]
}

/** Deliveries that differ from a valid one in one thing. */
export function variationsOf(recipe: Recipe, valid: TestVector, otherSecret: string): readonly TestVector[] {
  const { signatures, signed = [], claims = {}, timestamp, algorithm } = recipe
  const refused = (title: string, change: Partial<TestVector>): TestVector => ({
    ...valid,
    title,
    isValid: false,
    ...change,
  })
  const without = 'headers' in signatures ? signatures.headers : []
  const pieces = [...signed, ...Object.values(claims)]
  const hasBody = algorithm === 'jws-detached' || pieces.some((piece) => 'body' in piece)
  const wholeHeaders = pieces.flatMap((piece) =>
    'header' in piece && piece.prefix === undefined ? [piece.header] : [],
  )
  const other = { body: `${valid.body} `, url: `${valid.url}/`, webhookId: `${valid.webhookId}0` }
  return [
    refused('another secret', { secret: otherSecret }),
    ...(without.length > 0 ? [refused('no signature', { headers: omit(valid.headers, without) })] : []),
    ...(hasBody ? [refused('a body with one more space', { body: other.body })] : []),
    ...[...new Set(wholeHeaders)].map((name) =>
      refused(`another ${name}`, { headers: { ...valid.headers, [name]: `${valid.headers[name] ?? ''}0` } }),
    ),
    ...(['url', 'webhookId'] as const).flatMap((name) =>
      pieces.some((piece) => 'known' in piece && piece.known === name)
        ? [refused(`another ${name}`, { [name]: other[name] })]
        : [],
    ),
    ...(algorithm === 'jwt' ? tokenVariations(recipe, valid, refused) : []),
    ...(timestamp
      ? [
          refused('a delivery that is too old', { now: valid.now + toleranceSeconds + 5 }),
          refused('a delivery from the future', { now: valid.now - toleranceSeconds - 5 }),
          { ...valid, title: 'an old delivery', now: valid.now + toleranceSeconds - 5 },
        ]
      : []),
  ]
}

/** An object of JSON, in base64url, between two full stops. */
const claimsOfToken = /\.(eyJ[\w-]+)\./

function tokenVariations(
  { signatures: at }: Recipe,
  valid: TestVector,
  refused: (title: string, change: Partial<TestVector>) => TestVector,
): readonly TestVector[] {
  const names = 'headers' in at ? at.headers : []
  const token = 'headers' in at ? names.map((name) => valid.headers[name] ?? '').join(' ') : valid.body
  const [, payload] = claimsOfToken.exec(token) ?? []
  if (payload === undefined) return []
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { readonly exp?: number }
  const forged = Buffer.from(JSON.stringify({ ...claims, forged: true })).toString('base64url')
  const changed = (text: string): string => text.replace(claimsOfToken, `.${forged}.`)
  const { exp } = claims
  const entries = Object.entries(valid.headers).map(
    ([name, value]) => [name, names.includes(name) ? changed(value) : value] as const,
  )
  return [
    refused(
      'a token with other claims',
      names.length === 0 ? { body: changed(valid.body) } : { headers: Object.fromEntries(entries) },
    ),
    ...(exp === undefined
      ? []
      : [refused('a token that has ended', { now: exp + 5 }), { ...valid, title: 'an old token', now: exp - 5 }]),
  ]
}

/** While two secrets sign, each verifies if both signatures are sent; else only the newer one does. */
function rotation(
  { signatures }: Recipe,
  valid: TestVector,
  delivery: Pick<TestVector, 'headers' | 'body'>,
  newer: string,
): readonly TestVector[] {
  const isRepeated = 'headers' in signatures ? signatures.isRepeated : 'separator' in signatures
  return [
    { ...valid, ...delivery, title: 'the newer secret during a rotation', secret: newer },
    { ...valid, ...delivery, title: 'the older secret during a rotation', isValid: isRepeated },
  ]
}

function omit(headers: TestVector['headers'], names: readonly string[]): TestVector['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
}

function publicPem(pem: string): string {
  return createPublicKey(pem).export({ type: 'spki', format: 'pem' })
}

/** Bytes that look random and are the same each time. */
function fixedBytes(): RandomBytes {
  let calls = 0
  return (outputLength) => createHash('shake256', { outputLength }).update(`vector ${++calls}`).digest()
}

function messageOf(dialect: Sender, random: RandomBytes): Message {
  const tenant = dialect.newTenantId(random) as TenantId
  const [type = 'webhook.test'] = dialect.eventTypes.map(({ name }) => name)
  const endpoint = unstoredEndpoint({
    key: 1 as EndpointKey,
    id: dialect.newEndpointId(1 as EndpointKey, random) as Endpoint['id'],
    tenant,
    url: 'https://example.com/webhooks',
    eventTypes: [type],
    createdAt: sentAtMs,
  })
  return {
    tenant: { id: tenant, dialect: dialect.name, name: null, settings: {}, createdAt: sentAtMs },
    event: {
      id: dialect.newEventId(sentAtMs, random) as EventId,
      tenant,
      ...dialect.testEvent(endpoint),
      attributes: null,
      occurredAt: sentAtMs,
      acceptedAt: sentAtMs,
    },
    delivery: '019aeb1c-8f00-7000-8000-000000000001' as DeliveryId,
    endpoint,
  }
}

// The deliveries of a dialect as its definition gives them. The code of receivers, which is another implementation, checks
// the signatures. The examples of the vendor's pages are the second witness.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { checkDelivery } from '../../../packages/verify/src/check-delivery.ts'
import { messageOf, newKeys } from '../../../src/dialect-check/messages.ts'
import type { Subject } from '../../../src/dialect-check/subject.ts'
import type { Outcome } from '../../../src/domain/attempt.ts'
import type { Message } from '../../../src/contracts/delivery-dialect.ts'
import type { Recipe } from '../../../src/contracts/recipe.ts'
import { idForm } from '../../../src/dialect-kit/id-forms.ts'
import type { Arrival, DeliveryProfile, Fate, OutcomeName, SentEvent, WireProfile } from './profile.ts'

const at = Date.parse('2026-03-04T05:06:07.089Z')

export async function derivedDeliveries(subject: Subject): Promise<DeliveryProfile> {
  const { dialect } = subject
  const message = (event: SentEvent): Message => messageOf(dialect, { event, ...event })
  const [keys, otherKeys] = await Promise.all([newKeys(dialect), newKeys(dialect)])
  const headersOf = (sent: Message, signing = keys, sentAt = at) =>
    dialect.headers(sent, Buffer.from(dialect.encode(sent, signing, sentAt)), signing, sentAt)
  const differing = (one: Readonly<Record<string, string>>, other: typeof one): readonly string[] =>
    Object.keys(one).filter((name) => one[name] !== other[name])
  const sample = messageOf(dialect, { event: { type: subject.eventTypes[0], data: '{}' } })
  const recipes = dialect.receiving.signatures.filter((one): one is Recipe => 'algorithm' in one)
  return {
    body: (event) => dialect.encode(message(event)),
    headers(event) {
      const sent = message(event)
      const headers = headersOf(sent)
      const varying = differing(headers, headersOf({ ...sent, attempt: 2 }, otherKeys, at + 61_000))
      const forms = Object.entries(headers).map(([name, value]) => [
        name,
        varying.includes(name) ? /^[\x21-\x7e]/ : new RegExp(`^${RegExp.escape(value)}$`),
      ])
      return Object.fromEntries(forms) as Readonly<Record<string, RegExp>>
    },
    freshHeaders: differing(headersOf(sample), headersOf({ ...sample, attempt: 2 }, keys, at + 61_000)),
    secretsOf: (created, sent) => [...new Set([...subject.secretsIn(created), ...subject.secretsIn(sent)])],
    async verify({ headers, body }: Arrival, { secrets, publicKey }) {
      const texts = Object.entries(headers).map(([name, value]) => [name, String(value)])
      const delivery = { headers: Object.fromEntries(texts) as Record<string, string>, body: new Uint8Array(body) }
      for (const recipe of recipes) {
        for (const secret of 'publicKey' in recipe.key ? [publicKey ?? ''] : secrets) {
          const { checks } = await checkDelivery(recipe, delivery, { secret, now: 0, toleranceSeconds: Infinity })
          const faults = checks.flatMap(({ step, fault }) => (fault === null ? [] : [`${step}: ${fault}`]))
          assert.deepEqual(faults, [], JSON.stringify(texts))
        }
      }
    },
  }
}

const examplesOf: Readonly<Record<OutcomeName, Outcome>> = {
  'answered 200': { kind: 'delivered', status: 200 },
  'answered another 2xx': { kind: 'delivered', status: 204 },
  'answered 3xx': { kind: 'rejected', status: 301, retryAfterMs: null },
  'answered 4xx': { kind: 'rejected', status: 404, retryAfterMs: null },
  'answered 410': { kind: 'rejected', status: 410, retryAfterMs: null },
  'answered 429': { kind: 'rejected', status: 429, retryAfterMs: null },
  'answered 5xx': { kind: 'rejected', status: 500, retryAfterMs: null },
  'timed out': { kind: 'timedOut', phase: 'headers' },
  unreachable: { kind: 'unreachable', error: 'connection refused' },
  blocked: { kind: 'blocked', error: 'a private address' },
}
const fates = {
  succeeded: 'succeeds',
  retry: 'isRetried',
  exhausted: 'isRetried',
  notRetried: 'ends',
  gone: 'endsAndDisables',
}

export function derivedWire({ definition, dialect, eventTypes }: Subject): WireProfile {
  const { event } = messageOf(dialect, { event: { type: eventTypes[0], data: '{}' } })
  const { newSecret } = dialect.endpointRules
  const secret = newSecret?.(randomBytes) ?? ''
  return {
    apiKeyPattern: idForm(definition.keys.form, 'keys.form').pattern,
    eventIdPattern: idForm(definition.ids.event, 'ids.event').pattern,
    secretPattern: newSecret === null ? null : new RegExp(`^.{${secret.length}}$`),
    waitsMs: dialect.retries.waitsMs,
    exact: dialect.retries.exact,
    fates: Object.fromEntries(
      Object.entries(examplesOf).map(([name, outcome]) => [
        name,
        fates[dialect.verdict(outcome, 1, event).kind] as Fate,
      ]),
    ) as Readonly<Record<OutcomeName, Fate>>,
  }
}

// Everything of which a dialect is made: `posthorn/dialect`. A dialect imports only this, the shipped ones included.

import { history } from './operations/attempts.ts'
import {
  anyOf,
  basic as basicKey,
  bearer,
  bodyField,
  keyHeader,
  keyParameter,
  twoHeaders,
} from './access/authentication.ts'
import { withCheckedOptions } from './checked-options.ts'
import {
  authOptions,
  errorOptions,
  healthOptions,
  pageOptions,
  secretOptions,
  signOptions,
  webhookOptions,
} from './option-shapes.ts'
import { patch } from './operations/json-patch.ts'
import { deliveryLog, eventLog } from './operations/logs.ts'
import { redeliver, resend, retry } from './operations/resend.ts'
import { djangoErrors } from './errors/django-errors.ts'
import { cursorPages } from './pages/cursor-pages.ts'
import { djangoPages } from './pages/django-pages.ts'
import { errors as ownErrors } from './errors/errors.ts'
import { armedStreak, exhaustion, failuresInARow, readExhaustion, readStreak, streak } from './outcomes/health.ts'
import { nestErrors } from './errors/nest-errors.ts'
import { eventTypes } from './operations/event-types.ts'
import { change, create, get, list, remove, removeShown, replace, rotate } from './operations/operations.ts'
import { createMany, tryOut } from './operations/operations-on-lists.ts'
import { put } from './operations/put.ts'
import { subscribe, subscriptions, unsubscribe } from './operations/operations-on-types.ts'
import { numberedPages, offsetPages } from './pages/pages.ts'
import {
  apiKeySecrets,
  ed25519KeyPair,
  noSecrets,
  secretsOfTenant,
  p256KeyPair,
  rsaKeyPair,
  standardSecrets,
  textSecrets,
  withKeyPair,
} from './deliveries/secrets.ts'
import { keyId, numbered, signature, signatures, standardWebhooks, timestamped } from './deliveries/signatures.ts'
import { basic, detachedJws, ecdsa, ed25519, hmac, jwt, rsa, token } from './deliveries/signers.ts'
import { symfonyErrors } from './errors/symfony-errors.ts'
import { namedTenant } from './access/tenants.ts'
import { count, disable, enable, ping, secret } from './operations/verbs.ts'
import { webargsErrors } from './errors/webargs-errors.ts'

export { Type } from 'typebox'
export { describeOutcome } from '../domain/attempt.ts'
export type { Endpoint } from '../domain/endpoint.ts'
export { unsendableFault } from '../domain/header-rules.ts'
export { isoMicroseconds, isoSeconds } from '../domain/time.ts'
export { choose, empty, json, jwtBody } from './deliveries/body.ts'
export { body } from './deliveries/body-parts.ts'
export { cloudEvents } from './deliveries/cloud-events.ts'
export { defineDeliveries } from './define-deliveries.ts'
export { defineDialect, type DefinedDialect, type EventTypeOf } from './define-dialect.ts'
export type { DialectDefinition } from './definition.ts'
export type { Fault } from './errors/errors.ts'
export { form, multipart } from './deliveries/form-bodies.ts'
export { keys } from './operations/key-operations.ts'
export { computed, delivery, endpoint, event, joined, sentAt, tenant, text, when } from './deliveries/parts.ts'
export { xml } from './deliveries/xml.ts'
export type { DeliveryExample, Examples, RequestExample, RetryExample } from './examples.ts'

/** How customers send their key, and which tenant a request is about. */
export const auth = withCheckedOptions(
  'auth',
  {
    anyOf,
    basic: basicKey,
    bearer,
    body: bodyField,
    header: keyHeader,
    namedTenant,
    query: keyParameter,
    twoHeaders,
  },
  authOptions,
)

/** The operations on webhooks. `history` is one record per attempt. */
export const webhooks = withCheckedOptions(
  'webhooks',
  {
    change,
    count,
    create,
    createMany,
    deliveryLog,
    disable,
    enable,
    eventLog,
    eventTypes,
    get,
    history,
    list,
    patch,
    ping,
    redeliver,
    put,
    remove,
    removeShown,
    replace,
    resend,
    retry,
    rotate,
    secret,
    subscribe,
    subscriptions,
    tryOut,
    unsubscribe,
  },
  webhookOptions,
)

/** The answers to refused requests: the product's own, or those of a framework. */
export const errors = withCheckedOptions(
  'errors',
  {
    django: djangoErrors,
    nest: nestErrors,
    own: ownErrors,
    symfony: symfonyErrors,
    webargs: webargsErrors,
  },
  errorOptions,
)

/** Lists in pages. */
export const pages = withCheckedOptions(
  'pages',
  { cursor: cursorPages, django: djangoPages, numbered: numberedPages, offset: offsetPages },
  pageOptions,
)

/** The signing secrets of webhooks. */
export const secrets = withCheckedOptions(
  'secrets',
  {
    apiKey: apiKeySecrets,
    ed25519KeyPair,
    none: noSecrets,
    ofTenant: secretsOfTenant,
    p256KeyPair,
    rsaKeyPair,
    standard: standardSecrets,
    text: textSecrets,
    withKeyPair,
  },
  secretOptions,
)

/** The signatures of deliveries. */
export const sign = withCheckedOptions(
  'sign',
  {
    all: signatures,
    basic,
    detachedJws,
    ecdsa,
    ed25519,
    hmac,
    jwt,
    keyId,
    newest: signature,
    numbered,
    rsa,
    standardWebhooks,
    timestamped,
    token,
  },
  signOptions,
)

/** The rules that say when a webhook is unhealthy, and when it is disabled. */
export const health = withCheckedOptions(
  'health',
  { armedStreak, exhaustion, failuresInARow, readExhaustion, readStreak, streak },
  healthOptions,
)

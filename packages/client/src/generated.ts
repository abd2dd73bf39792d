// The types of the operator API. `node packages/client/generate.ts` wrote this file from the OpenAPI document.

export type Refusal = {
  type: string
  title: string
  status: number
  detail: string
  code:
    | 'unauthenticated'
    | 'forbidden'
    | 'not_found'
    | 'route_unknown'
    | 'method_not_allowed'
    | 'tenant_exists'
    | 'event_id_reused'
    | 'event_ambiguous'
    | 'too_many_endpoints'
    | 'too_many_operator_keys'
    | 'too_many_portal_links'
    | 'endpoints_too_large'
    | 'endpoint_exists'
    | 'changed_meanwhile'
    | 'no_secret_to_rotate'
    | 'no_key_to_rotate'
    | 'secrets_unreadable'
    | 'too_many_keys'
    | 'endpoint_disabled'
    | 'endpoint_not_polling'
    | 'replay_running'
    | 'replay_state'
    | 'replay_expired'
    | 'too_many_replays'
    | 'endpoint_unreadable'
    | 'endpoint_deleted'
    | 'delivery_in_flight'
    | 'no_route_in_dialect'
    | 'route_not_rehearsed'
    | 'body_too_large'
    | 'media_type_unsupported'
    | 'request_malformed'
    | 'request_timeout'
    | 'expectation_failed'
    | 'headers_too_large'
    | 'body_malformed'
    | 'invalid'
    | 'too_many_requests'
    | 'loop_detected'
    | 'internal'
    | 'unavailable'
    | 'outcome_unknown'
    | (string & {})
  requestId: string
  errors?: { field: string; message: string }[]
}

export type Tenant = {
  id: string
  dialect: string
  name: string | null
  /** The choices of its dialect, by name. */
  settings: Record<string, string>
  createdAt: string
  retainSeconds: number | null
  retainDataSeconds: number | null
}

export type Erasure = {
  id: string
  erases: 'tenant' | 'endpoint' | 'payload' | 'response'
  tenant: string
  createdAt: string
  endedAt: string | null
}

export type ApiKey = {
  id: string
  /** Shown once, when the key is created. */
  key?: string
  /** The last letters of the key. */
  hint: string
  dialect: string
  /** The tenants that the key may act for. */
  tenants: string[]
  scopes: string[]
  role: string | null
  name: string | null
  createdAt: string
  revokedAt: string | null
}

export type OperatorKey = {
  id: string
  /** Shown once, when the key is created. */
  key?: string
  /** The last letters of the key. */
  hint: string
  name: string
  role: 'admin' | 'publish' | 'read'
  createdAt: string
  expiresAt: string | null
}

export type PublishedEvent = {
  id: string
  tenant: string
  type: string
  /** To how many endpoints it is sent. */
  deliveries: number
  /** It was posted before. */
  duplicate?: true
}

export type Event = {
  id: string
  tenant: string
  type: string
  /** As it was posted; null: it is erased. */
  data: unknown
  attributes: Record<string, string> | null
  /** The time that the caller gave; default: that of acceptance. */
  occurredAt: string
  acceptedAt: string
  erasesAt: string | null
  erasedAt: string | null
}

export type RefusedEvent = { error: { code: string; detail: string; errors?: { field: string; message: string }[] } }

export type BatchResult = PublishedEvent | RefusedEvent

export type Delivery = {
  id: string
  tenant: string
  endpoint: string
  endpointUrl: string | null
  event: string
  eventType: string
  status: 'pending' | 'delivered' | 'failed' | 'cancelled'
  reason: string | null
  /** Attempts so far. */
  attempts: number
  /** Attempts before its schedule was last restarted. */
  attemptsBefore: number
  nextAttemptAt: string | null
  createdAt: string
  endedAt: string | null
  dialect: string
  lastAttempt: {
    startedAt: string
    durationMs: number
    /** rejected: the status is no success. timedOut: no whole response in time. unreachable: no connection. blocked: the address is not allowed, so that nothing was sent. */
    outcome: 'delivered' | 'rejected' | 'timedOut' | 'unreachable' | 'blocked'
    status: number | null
  } | null
}

export type SetAsideEvent = {
  /** Its place in the outbox: the column `key` of the table. */
  number: number
  tenant: string
  type: string
  id: string | null
  occurredAt: string | null
  publishedAt: string
  /** Why the event cannot be accepted. */
  problem: string
}

export type Endpoint = {
  id: string
  tenant: string
  kind: 'push' | 'polling'
  url: string | null
  /** Names, beginnings such as `order.*`, or `*` for every type. */
  eventTypes: string[]
  /** The values that the attributes of an event must have, by name. */
  filters: Record<string, string | string[]>
  /** Fields that only the product knows, by name. */
  details: Record<string, unknown>
  description: string | null
  enabled: boolean
  disabledReason: 'requested' | 'failing' | 'gone' | null
  /** The value of a header is null where it is not shown. */
  headers: Record<string, string | null>
  /** Names of headers whose values are never shown. */
  writeOnlyHeaders: string[]
  /** Newest first. */
  secrets: { value: string | null; createdAt: string; expiresAt: string | null }[]
  health: { status: 'healthy' | 'failing' | 'disabled'; reason: string | null; since: string | null }
  /** Attempts of all its deliveries so far. */
  attempts: number
  lastAttemptAt: string | null
  lastAttemptSucceeded: boolean | null
  createdAt: string
  updatedAt: string
}

export type Found = {
  data: {
    kind: 'dialect' | 'tenant' | 'endpoint' | 'event' | 'delivery' | 'apiKey' | 'replay'
    id: string
    tenant: string | null
    dialect: string | null
    /** A name for people, for example the URL of an endpoint. */
    label: string
  }[]
}

export type ListedEndpoint = Endpoint & { dialect: string; pausedUntil: string | null }

export type PolledDelivery = {
  id: string
  event: string
  eventType: string
  /** How often the delivery was given, with this time. */
  attempt: number
  /** As they would be sent to a URL, with the signature. */
  headers: Record<string, string>
  /** The bytes that the signature covers, in UTF-8. */
  body: string
  /** It is given again after this time. */
  acknowledgeBefore: string
}

export type Failures = {
  /** At most 20 groups, the largest first. */
  data: {
    outcome: 'rejected' | 'timedOut' | 'unreachable' | 'blocked'
    status: number | null
    /** With marks in place of numbers, ids and long quotations. */
    text: string
    count: number
    firstAt: string
    lastAt: string
    sample: { delivery: string; attempt: number }
  }[]
  searchedTo: string | null
}

export type Attempt = {
  /** Counts from 1. */
  number: number
  startedAt: string
  durationMs: number
  phases: {
    nameMs: number | null
    connectMs: number | null
    tlsMs: number | null
    waitMs: number | null
    bodyMs: number | null
  } | null
  /** Connections that carried the request. 2: the receiver closed a kept one before the first byte of a response. 0: a consumer fetched the delivery. */
  connections: number
  /** rejected: the status is no success. timedOut: no whole response in time. unreachable: no connection. blocked: the address is not allowed, so that nothing was sent. */
  outcome: 'delivered' | 'rejected' | 'timedOut' | 'unreachable' | 'blocked'
  status: number | null
  /** The outcome in words. */
  detail: string
  response: string | null
  responseErasedAt: string | null
}

export type AttemptRequest = {
  attempt: number
  method: string | null
  url: string | null
  /** In their order on the wire. The value is null where it is not shown. */
  headers: { name: string; value: string | null }[]
  body: string | null
  bodyBase64: string | null
  /** Whether this is proved to be the request that was sent, byte for byte. */
  isExact: boolean
  /** Names of headers that may have had another value. */
  recomputed: string[]
  /** The parts that are gone or not shown, and why the request may differ. */
  notes: string[]
  curl: string | null
}

export type Replay = {
  id: string
  tenant: string
  filter: {
    tenant: string
    endpoint: string | null
    status: ('pending' | 'delivered' | 'failed' | 'cancelled')[]
    eventType: string | null
    outcome: 'delivered' | 'rejected' | 'timedOut' | 'unreachable' | 'blocked' | null
    from: string
    to: string
  }
  missing: boolean
  /** preview: it only counts, until it is started. */
  state: 'preview' | 'running' | 'done' | 'cancelled' | 'failed'
  count: {
    /** Deliveries that match; it grows while they are counted. */
    total: number
    /** False: they are still counted. */
    isExact: boolean
    /** Deliveries that were sent again, or were added. */
    done: number
    /** In flight, with erased data, or of an endpoint that is disabled. */
    skipped: number
  }
  /** The 20 endpoints with the most deliveries. */
  endpoints: { endpoint: string; count: number }[]
  /** Deliveries in a second. */
  rate: number
  createdAt: string
  startedAt: string | null
  endedAt: string | null
  expiresAt: string | null
  error: string | null
}

export type AuditRecord = {
  id: string
  at: string
  action:
    | 'tenant.create'
    | 'tenant.change'
    | 'tenant.delete'
    | 'key.create'
    | 'key.revoke'
    | 'operator_key.create'
    | 'operator_key.change'
    | 'operator_key.delete'
    | 'portal_link.create'
    | 'portal_link.open'
    | 'portal_link.delete'
    | 'endpoint.create'
    | 'endpoint.change'
    | 'endpoint.delete'
    | 'endpoint.replay'
    | 'secret.rotate'
    | 'secret.read'
    | 'tenant_secret.rotate'
    | 'signing_key.rotate'
    | 'delivery.retry'
    | 'replay.create'
    | 'replay.start'
    | 'replay.cancel'
    | 'payload.erase'
    | 'response.erase'
    | 'set_aside.retry'
    | 'set_aside.delete'
    | 'several.attempts'
  refused: string | null
  /** Reads of secrets and refused attempts of a minute are counted together. */
  count: number
  actor: {
    kind: 'operator' | 'customer' | 'unknown' | 'posthorn'
    id: string | null
    name: string | null
    role: string | null
  }
  /** The IP address of the caller. */
  address: string
  tenant: string | null
  object: { kind: string | null; id: string | null }
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
  changeErasedAt: string | null
}

export type Statistics = {
  from: string
  to: string
  step: 'minute' | 'hour' | 'day'
  by: 'dialect' | 'tenant' | 'endpoint' | 'type' | 'outcome' | null
  /** The largest first. */
  data: {
    key: string | null
    tenant: string | null
    /** Without steps in which nothing happened. */
    points: {
      at: string
      /** Accepted events; 0 where an endpoint or an outcome is counted. */
      events: number
      /** By outcome; 0 where event types are counted. */
      attempts: { delivered: number; rejected: number; timedOut: number; unreachable: number; blocked: number }
      /** Deliveries that ended. */
      ended: { delivered: number; failed: number; cancelled: number }
      latencyMs: { p50: number; p95: number; p99: number } | null
    }[]
    total: {
      /** Accepted events; 0 where an endpoint or an outcome is counted. */
      events: number
      /** By outcome; 0 where event types are counted. */
      attempts: { delivered: number; rejected: number; timedOut: number; unreachable: number; blocked: number }
      /** Deliveries that ended. */
      ended: { delivered: number; failed: number; cancelled: number }
      latencyMs: { p50: number; p95: number; p99: number } | null
    }
  }[]
  /** Series that are left out, of at most 10,000. */
  more: number
}

export type SignedPiece =
  | { text: string }
  | { header: string; separator?: string; prefix?: string }
  | {
      /** The path of a member of the JSON body. */
      member: (string | number)[]
      /** The body is a form, and the JSON is in this field. */
      field?: string
    }
  | { body: 'bytes' | 'sha256' | 'sha256Hex' | 'sha256Base64' | 'crc32' | 'sortedForm' }
  | { known: 'url' | 'webhookId' }

export type Recipe = {
  signatures:
    | {
        headers: string[]
        separator: string | null
        prefix: string
        /** Whether every key signs during a rotation; false: only the newest one. */
        isRepeated: boolean
      }
    | {
        /** The path of a member of the JSON body. */
        member: (string | number)[]
        /** The body is a form, and the JSON is in this field. */
        field?: string
        /** Every key signs during a rotation, and this separates the signatures. */
        separator?: string
      }
    | { wholeBody: true }
  algorithm:
    | 'hmac-sha1'
    | 'hmac-sha256'
    | 'hmac-sha512'
    | 'ed25519'
    | 'rsa-sha256'
    | 'ecdsa-p256-sha256'
    | 'jwt'
    | 'jws-detached'
    | 'token'
    | 'basic'
  encoding?: 'hex' | 'base64' | 'base64url'
  ecdsaForm?: 'der' | 'p1363'
  /** The pieces that are signed, one after the other. */
  signed?: SignedPiece[]
  /** The algorithm of a JSON Web Token or Signature. */
  jws?: {
    algorithm: 'HS256' | 'RS256' | 'ES256' | 'EdDSA'
    /** A detached signature is over the body as it is (RFC 7797). */
    isUnencoded?: true
  }
  /** Claims of a JSON Web Token with which the delivery is compared. */
  claims?: Record<string, SignedPiece>
  /** The user name of basic authentication. */
  user?: string
  key:
    | {
        secret: 'text' | 'base64'
        /** Precedes the base64 of the secret, and may be absent. */
        prefix?: string
        /** Whose secret signs, if it is not the webhook's. */
        of?: 'account' | 'apiKey'
      }
    | { publicKey: 'pem' }
  /** The time of sending, with which a receiver refuses old deliveries: in a header, or a member. */
  timestamp?: {
    header?: string
    separator?: string
    prefix?: string
    /** The path of a member of the JSON body. */
    member?: (string | number)[]
    /** The body is a form, and the JSON is in this field. */
    field?: string
    form: 'unixSeconds' | 'unixMilliseconds' | 'iso'
  }
}

export type UndescribedSignature = { in: string; undescribed: string }

export type Quota = {
  per: 'key' | 'tenant'
  counts: 'reads' | 'writes' | 'tests' | 'all'
  requests: number
  windowSeconds: number
  burst?: number
}

/** The request that makes an endpoint in the API of its customers; null: they use this API, or theirs takes no JSON. In texts, {key} stands for the API key, {tenant} for the id of the tenant, {endpoint} for that of the endpoint. */
export type EndpointForm = {
  method: string
  path: string
  headers: Record<string, string>
  query: Record<string, string>
  member: string | null
  /** The member is a list of endpoints. */
  isList: boolean
  /** A field that is not given is as in a new endpoint. */
  isWhole: boolean
  /** In the order of the vendor. */
  fields: {
    name: string
    in: 'body' | 'path' | 'query'
    is:
      | 'url'
      | 'description'
      | 'eventType'
      | 'eventTypes'
      | 'eventFlag'
      | 'enabled'
      | 'secret'
      | 'secrets'
      | 'headers'
      | 'filter'
      | 'detail'
    of: string | null
    isRequired: boolean
    /** The JSON Schema of its values. */
    schema: unknown
    words: { on: unknown; off: unknown } | null
    /** The value that stands for all event types. */
    all?: unknown
  }[]
}

export type Dialect = {
  name: string
  title: string
  eventTypes: {
    name: string
    description: string
    /** The data of an event of this type; null: none is known. */
    example: unknown
  }[]
  /** The event types of tenants with other settings. */
  otherCatalogues: {
    settings: Record<string, string>
    eventTypes: {
      name: string
      description: string
      /** The data of an event of this type; null: none is known. */
      example: unknown
    }[]
  }[]
  /** Whether events of other types are accepted too. */
  openCatalogue: boolean
  scopes: string[]
  roles: string[]
  retry: { attempts: number; waitsSeconds: number[]; jitter: boolean; timeoutSeconds: number }
  /** How receivers verify deliveries, one recipe per signature. Empty: deliveries are not signed. */
  signatures: (Recipe | UndescribedSignature)[]
  rateLimits: Quota[]
  /** The form of the ids of tenants, in words. */
  tenantIds: string
  tenantSettings: Record<string, string[]>
  /** Whether endpoints of the kind `polling` can be made. */
  polling: boolean
  endpointForm: EndpointForm | null
  /** The requests that change an endpoint in the API of its customers; null: they use this API, or theirs has no such request, or it takes no JSON. */
  endpointOperations: {
    change: EndpointForm | null
    enable: EndpointForm | null
    disable: EndpointForm | null
    rotate: EndpointForm | null
    delete: EndpointForm | null
  }
}

export type Snippets = {
  data: {
    recipe: Recipe
    snippets: {
      language: 'javascript' | 'python' | 'go' | 'ruby' | 'php' | 'java'
      code: string | null
      needs: string | null
    }[]
  }[]
}

export type TestVectors = {
  data: {
    recipe: Recipe
    vectors: {
      title: string
      /** Whether a correct receiver accepts the delivery. */
      isValid: boolean
      /** The secret, or the public key in PEM. */
      secret: string
      /** The receiver's clock, Unix time in seconds. */
      now: number
      url: string
      webhookId: string
      headers: Record<string, string>
      body: string
    }[]
  }[]
}

export type Preview = {
  method: string
  /** Those of a delivery to `https://example.com/webhooks`, in their order on the wire. A delivery also has the headers of its endpoint, and `traceparent` if it is traced. */
  headers: { name: string; value: string }[]
  body: string
}

export type SigningKeys = {
  data: {
    /** The `kid`: the thumbprint of RFC 7638. */
    id: string
    algorithm: string
    /** PEM */
    publicKey: string
    /** Deliveries are signed with this key now. */
    signs: boolean
    createdAt: string
    /** Deliveries are signed with it from this time on. */
    signsAt: string
    publishedUntil: string | null
  }[]
}

export type TenantSecrets = { data: { value: string; createdAt: string; expiresAt: string | null }[] }

export type PortalLink = {
  id: string
  /** Shown once, when the link is created. */
  url?: string
  tenant: string
  capabilities: ('read' | 'endpoints' | 'secrets' | 'retry' | 'test' | 'replay')[]
  branding: { name: string | null; logo: string | null; accent: string | null; scheme: 'light' | 'dark' | null }
  createdAt: string
  /** The link can be opened until this time. */
  expiresAt: string
  openedAt: string | null
  /** The end of the session that the link begins. */
  endsAt: string
}

/** Event `tick`, each second: numbers of the second, and current ones, of all nodes. */
export type Tick = {
  at: string
  accepted: number
  attempts: { delivered: number; rejected: number; timedOut: number; unreachable: number; blocked: number }
  waiting: number | null
  queued: number
  inFlight: number
  nodes: number
}

/** Event `delivery`: an attempt that was recorded, with the status of its delivery after it. */
export type StreamDelivery = {
  at: string
  node: string
  delivery: string
  event: string
  eventType: string
  tenant: string
  endpoint: string
  dialect: string
  status: 'pending' | 'delivered' | 'failed' | 'cancelled'
  attempt: number
  outcome: 'delivered' | 'rejected' | 'timedOut' | 'unreachable' | 'blocked'
  httpStatus: number | null
  durationMs: number
}

/** Event `left-out`: attempts that are not shown, because at most 20 a second are. */
export type LeftOut = { count: number }

/** Event `reset`: something may be missing from the stream. Sums of its numbers are too low from now on. */
export type Reset = { reason: 'reconnected' | 'database' | 'unread' }

export type Status = {
  /** The version of the node that answers. */
  version: string
  /** Newest first, at most 100. On PostgreSQL, nodes that have stopped are listed for a day. */
  nodes: {
    /** Another one after each start. */
    id: string
    startedAt: string
    version: string | null
    role: 'all' | 'api' | 'worker' | null
    isLive: boolean
    heartbeatAt: string | null
  }[]
  /** Pending deliveries that no node holds. */
  waiting: number
  /** Deliveries in the memory of the node that answers. */
  queued: number
  /** Attempts under way on the node that answers. */
  inFlight: number
  database: { kind: 'sqlite' | 'postgres'; bytes: number }
  /** Days after which events with their deliveries, and audit records, are removed. */
  retention: { historyDays: number; auditDays: number }
}

export type CustomersView = {
  request: { method: string; path: string }
  status: number
  headers: Record<string, string>
  body: string
}

/** Every operation, by its method and path. */
export interface Operations {
  /** Create a tenant */
  'POST /v1/tenants': {
    params: unknown
    query: unknown
    body: {
      id?: string
      dialect: 'standard' | 'allo' | 'dialnexa' | 'partoo' | 'storno' | 'ultravox' | (string & {})
      name?: string | null
      settings?: Record<string, string>
      retainSeconds?: number | null
      retainDataSeconds?: number | null
    }
    answer: Tenant
  }
  /** List tenants, newest first */
  'GET /v1/tenants': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      dialect?: string | undefined
      /** The beginning of an id or a name. */
      q?: string | undefined
    }
    body: undefined
    answer: { data: Tenant[]; nextCursor: string | null; searchedTo: string | null }
  }
  /** Get a tenant */
  'GET /v1/tenants/{tenant}': {
    params: { tenant: string }
    query: unknown
    body: undefined
    answer: Tenant
  }
  /** Change a tenant's name, settings or retention */
  'PATCH /v1/tenants/{tenant}': {
    params: { tenant: string }
    query: unknown
    body:
      | {
          name?: string | null
          settings?: Record<string, string>
          retainSeconds?: number | null
          retainDataSeconds?: number | null
        }
      | undefined
    answer: Tenant
  }
  /** Delete a tenant and erase all that it has; the erasure says when that is done */
  'DELETE /v1/tenants/{tenant}': {
    params: { tenant: string }
    query: unknown
    body: undefined
    answer: Erasure
  }
  /** Create an API key; the answer is the only place that shows it */
  'POST /v1/keys': {
    params: unknown
    query: unknown
    body: {
      tenants: string[]
      /** Default: those of the dialect. */
      scopes?: string[]
      role?: string
      name?: string | null
    }
    answer: ApiKey
  }
  /** List API keys, newest first */
  'GET /v1/keys': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      tenant?: string | undefined
    }
    body: undefined
    answer: { data: ApiKey[]; nextCursor: string | null }
  }
  /** Revoke an API key, at once */
  'DELETE /v1/keys/{key}': {
    params: { key: string }
    query: unknown
    body: undefined
    answer: null
  }
  /** Create an operator key; the answer is the only place that shows it */
  'POST /v1/operator-keys': {
    params: unknown
    query: unknown
    body: {
      name: string
      role: 'admin' | 'publish' | 'read'
      /** The key is refused from then on; null: no end. */
      expiresAt?: string | null
    }
    answer: OperatorKey
  }
  /** List operator keys, newest first, without the one in the settings */
  'GET /v1/operator-keys': {
    params: unknown
    query: unknown
    body: undefined
    answer: { data: OperatorKey[] }
  }
  /** Get an operator key */
  'GET /v1/operator-keys/{operatorKey}': {
    params: { operatorKey: string }
    query: unknown
    body: undefined
    answer: OperatorKey
  }
  /** Change the name or the end of an operator key, at once */
  'PATCH /v1/operator-keys/{operatorKey}': {
    params: { operatorKey: string }
    query: unknown
    body:
      | {
          name?: string
          /** The key is refused from then on; null: no end. */
          expiresAt?: string | null
        }
      | undefined
    answer: OperatorKey
  }
  /** Delete an operator key, at once */
  'DELETE /v1/operator-keys/{operatorKey}': {
    params: { operatorKey: string }
    query: unknown
    body: undefined
    answer: null
  }
  /** Post an event: answered once it and its deliveries are durable */
  'POST /v1/events': {
    params: unknown
    query: unknown
    body: {
      tenant: string
      type: string
      /** Delivered as it was posted, byte for byte. */
      data: Record<string, unknown>
      /** Endpoint filters match these. */
      attributes?: Record<string, string>
      /** Makes the post idempotent. */
      id?: string
      /** Default: the time of acceptance. */
      occurredAt?: string
      /** Its data, and the responses to its deliveries, are erased after this time. */
      retainSeconds?: number
    }
    answer: PublishedEvent
  }
  /** List events, newest first; a page has no further one after 4 MiB of data */
  'GET /v1/events': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      tenant?: string | undefined
      type?: string | undefined
      /** Accepted at this time or later. */
      from?: string | undefined
      /** Accepted before this time. */
      to?: string | undefined
    }
    body: undefined
    answer: { data: Event[]; nextCursor: string | null }
  }
  /** Post up to 1000 events; one result each, in order */
  'POST /v1/events/batch': {
    params: unknown
    query: unknown
    body: { events: unknown[] }
    answer: { results: BatchResult[] }
  }
  /** Get an event with its deliveries */
  'GET /v1/events/{event}': {
    params: { event: string }
    query: { tenant?: string | undefined }
    body: undefined
    answer: Event & { deliveries: Delivery[] }
  }
  /** List the events that were published in a transaction and cannot be accepted, the last published first */
  'GET /v1/outbox/set-aside': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
    }
    body: undefined
    answer: { data: SetAsideEvent[]; nextCursor: string | null }
  }
  /** Try an event again that was set aside; it is set aside again if it still cannot be accepted */
  'POST /v1/outbox/set-aside/{number}/retry': {
    params: { number: number }
    query: unknown
    body: undefined
    answer: null
  }
  /** Delete an event that was set aside */
  'DELETE /v1/outbox/set-aside/{number}': {
    params: { number: number }
    query: unknown
    body: undefined
    answer: null
  }
  /** List a tenant's endpoints, newest first, without secrets and header values */
  'GET /v1/tenants/{tenant}/endpoints': {
    params: { tenant: string }
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
    }
    body: undefined
    answer: { data: Endpoint[]; nextCursor: string | null }
  }
  /** Register an endpoint */
  'POST /v1/tenants/{tenant}/endpoints': {
    params: { tenant: string }
    query: unknown
    body: {
      /** Required, unless `kind` is `polling`. */
      url?: string
      /** Names, beginnings such as `order.*`, or `*` for every type. */
      eventTypes: string[]
      /** The values that the attributes of an event must have, by name. Several: one of them. */
      filters?: Record<string, string | string[]>
      /** Fields that only the product knows, by name. Those that a change does not name keep their values. */
      details?: Record<string, unknown>
      description?: string | null
      enabled?: boolean
      /** Sent with each delivery, by name. */
      headers?: Record<string, string>
      /** Names of headers whose values are never shown. A mark is removed only together with new headers. */
      writeOnlyHeaders?: string[]
      /** The signing secrets, newest first. If a new endpoint has none, one is created. */
      secrets?: string[]
      /** A polling endpoint has no URL: its consumers fetch the deliveries. */
      kind?: 'push' | 'polling'
    }
    answer: Endpoint
  }
  /** Get an endpoint of any dialect, with its health; its secrets and header values need `admin` or `secrets` */
  'GET /v1/tenants/{tenant}/endpoints/{endpoint}': {
    params: { tenant: string; endpoint: string }
    query: {
      /** Without secrets and header values, and without an audit record. */
      secrets?: 'hidden' | undefined
    }
    body: undefined
    answer: Endpoint
  }
  /** Change the given fields of an endpoint */
  'PATCH /v1/tenants/{tenant}/endpoints/{endpoint}': {
    params: { tenant: string; endpoint: string }
    query: {
      /** Without secrets and header values, and without an audit record. */
      secrets?: 'hidden' | undefined
    }
    body:
      | {
          url?: string
          /** Names, beginnings such as `order.*`, or `*` for every type. */
          eventTypes?: string[]
          /** The values that the attributes of an event must have, by name. Several: one of them. */
          filters?: Record<string, string | string[]>
          /** Fields that only the product knows, by name. Those that a change does not name keep their values. */
          details?: Record<string, unknown>
          description?: string | null
          enabled?: boolean
          /** Sent with each delivery, by name. */
          headers?: Record<string, string>
          /** Names of headers whose values are never shown. A mark is removed only together with new headers. */
          writeOnlyHeaders?: string[]
          /** The signing secrets, newest first. If a new endpoint has none, one is created. */
          secrets?: string[]
        }
      | undefined
    answer: Endpoint
  }
  /** Delete an endpoint; its pending deliveries are cancelled */
  'DELETE /v1/tenants/{tenant}/endpoints/{endpoint}': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body: undefined
    answer: null
  }
  /** Add a new signing secret in front; the old ones sign too for a while */
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/rotate-secret': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body:
      | {
          /** For how long the older secrets sign too. */
          overlapSeconds?: number
        }
      | undefined
    answer: Endpoint
  }
  /** Send a test event to the endpoint, of a type of the catalogue with its example if a type is given */
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/test': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body: { eventType?: string } | undefined
    answer: { event: string; type: string; delivery: string }
  }
  /** Send past deliveries again; failed and cancelled ones by default */
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/replay': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body: {
      /** Deliveries of events that were accepted at this time or later. */
      since: string
      /** Accepted before this time; default: now. */
      until?: string
      /** Default: failed and cancelled. */
      status?: 'pending' | 'delivered' | 'failed' | 'cancelled'
    }
    answer: { deliveries: number }
  }
  /** Find an object of any kind by its id, or by the beginning of its name or host */
  'GET /v1/find': {
    params: unknown
    query: { q: string }
    body: undefined
    answer: Found
  }
  /** List endpoints of all tenants, newest first, without secrets and header values */
  'GET /v1/endpoints': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      /** An id, or the beginning of a URL or of its host. */
      q?: string | undefined
      tenant?: string | undefined
      dialect?: string | undefined
      /** paused: the receiver has asked for a pause, which has not ended. */
      health?: 'failing' | 'disabled' | 'paused' | undefined
    }
    body: undefined
    answer: { data: ListedEndpoint[]; nextCursor: string | null; searchedTo: string | null }
  }
  /** Fetch deliveries of a polling endpoint, the oldest first, each for one consumer */
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/poll': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body:
      | {
          limit?: number
          /** How long the answer waits for a delivery if none is due. */
          waitSeconds?: number
          /** A delivery that is not acknowledged within this time counts as failed, and is given again. */
          ackSeconds?: number
          /** That of an earlier answer: acknowledges its deliveries, except those that were refused. */
          iterator?: string
        }
      | undefined
    answer: {
      data: PolledDelivery[]
      iterator: string | null
      /** Nothing more is due now. */
      done: boolean
    }
  }
  /** Acknowledge fetched deliveries: they are delivered */
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/poll/ack': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body: { ids: string[] }
    answer: {
      /** One entry for each id, in order. A status of null: the endpoint has no such delivery. */
      data: {
        id: string
        /** False: nothing changed. It has ended, was not fetched, or was given to another consumer. */
        recorded: boolean
        status: 'pending' | 'delivered' | 'failed' | 'cancelled' | null
      }[]
    }
  }
  /** Refuse fetched deliveries: they are given again as the retry schedule says, or have failed */
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/poll/nack': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body: {
      ids: string[]
      /** The HTTP status with which a server would have refused them. */
      status?: number
      /** Shown as the response of the attempt. */
      reason?: string
    }
    answer: {
      /** One entry for each id, in order. A status of null: the endpoint has no such delivery. */
      data: {
        id: string
        /** False: nothing changed. It has ended, was not fetched, or was given to another consumer. */
        recorded: boolean
        status: 'pending' | 'delivered' | 'failed' | 'cancelled' | null
      }[]
    }
  }
  /** List the failures among the newest attempts of an endpoint, in groups of the same kind */
  'GET /v1/tenants/{tenant}/endpoints/{endpoint}/failures': {
    params: { tenant: string; endpoint: string }
    query: unknown
    body: undefined
    answer: Failures
  }
  /** List deliveries, newest first */
  'GET /v1/deliveries': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      tenant?: string | undefined
      /** Needs tenant, unless the id is known to one only. */
      endpoint?: string | undefined
      status?:
        | 'pending'
        | 'delivered'
        | 'failed'
        | 'cancelled'
        | ('pending' | 'delivered' | 'failed' | 'cancelled')[]
        | undefined
      /** true: only pending deliveries that were attempted. */
      failing?: boolean | undefined
      eventType?: string | undefined
      dialect?: string | undefined
      /** The event was accepted at this time or later. */
      from?: string | undefined
      /** The event was accepted before this time. */
      to?: string | undefined
      /** One attempt of the delivery meets this and all other conditions on attempts. */
      outcome?: 'delivered' | 'rejected' | 'timedOut' | 'unreachable' | 'blocked' | undefined
      /** One attempt of the delivery meets this and all other conditions on attempts. */
      httpStatus?: number | undefined
      /** Started at this time or later. One attempt of the delivery meets this and all other conditions on attempts. */
      attemptedFrom?: string | undefined
      /** Started before this time. One attempt of the delivery meets this and all other conditions on attempts. */
      attemptedTo?: string | undefined
    }
    body: undefined
    answer: { data: Delivery[]; nextCursor: string | null; searchedTo: string | null }
  }
  /** Get a delivery with its attempts */
  'GET /v1/deliveries/{delivery}': {
    params: { delivery: string }
    query: unknown
    body: undefined
    answer: Delivery & { history: Attempt[] }
  }
  /** Attempt a delivery now; an ended delivery starts its retry schedule again */
  'POST /v1/deliveries/{delivery}/retry': {
    params: { delivery: string }
    query: unknown
    body: undefined
    answer: Delivery
  }
  /** Get the request of an attempt, made again from its event and its endpoint */
  'GET /v1/deliveries/{delivery}/request': {
    params: { delivery: string }
    query: {
      /** Default: the newest attempt. */
      attempt?: number | undefined
    }
    body: undefined
    answer: AttemptRequest
  }
  /** Send deliveries of a tenant again at a rate; or only count them, with dryRun */
  'POST /v1/replays': {
    params: unknown
    query: unknown
    body: {
      filter: {
        tenant: string
        endpoint?: string
        /** Default: failed and cancelled. */
        status?: ('pending' | 'delivered' | 'failed' | 'cancelled')[]
        eventType?: string
        outcome?: 'delivered' | 'rejected' | 'timedOut' | 'unreachable' | 'blocked'
        /** Events that were accepted at this time or later. */
        from: string
        /** Accepted before this time; default: now. */
        to?: string
      }
      /** Add deliveries of events to endpoints that want them now and never got them. */
      missing?: boolean
      /** Create a preview, which can be started for an hour. */
      dryRun?: boolean
      /** Deliveries in a second. */
      rate?: number
    }
    answer: Replay
  }
  /** List replays, newest first */
  'GET /v1/replays': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      tenant?: string | undefined
    }
    body: undefined
    answer: { data: Replay[]; nextCursor: string | null }
  }
  /** Get a replay with its progress */
  'GET /v1/replays/{replay}': {
    params: { replay: string }
    query: unknown
    body: undefined
    answer: Replay
  }
  /** Start a replay that was created with dryRun */
  'POST /v1/replays/{replay}/start': {
    params: { replay: string }
    query: unknown
    body: undefined
    answer: Replay
  }
  /** End a replay; deliveries that it has made due are still attempted */
  'POST /v1/replays/{replay}/cancel': {
    params: { replay: string }
    query: unknown
    body: undefined
    answer: Replay
  }
  /** Get an erasure; it is done once endedAt is a time */
  'GET /v1/erasures/{erasure}': {
    params: { erasure: string }
    query: unknown
    body: undefined
    answer: Erasure
  }
  /** Erase the data and attributes of an event, and cancel its pending deliveries */
  'DELETE /v1/events/{event}/data': {
    params: { event: string }
    query: { tenant?: string | undefined }
    body: undefined
    answer: Erasure
  }
  /** Erase the response that an attempt has recorded */
  'DELETE /v1/deliveries/{delivery}/attempts/{number}/response': {
    params: { delivery: string; number: number }
    query: unknown
    body: undefined
    answer: Erasure
  }
  /** List audit records, newest first */
  'GET /v1/audit': {
    params: unknown
    query: {
      limit?: number | undefined
      /** The nextCursor of the page before; default: the first page. */
      cursor?: string | undefined
      tenant?: string | undefined
      /** The id of a key; `settings`: the key in the settings; `posthorn`: Posthorn itself. */
      actor?: string | undefined
      action?:
        | 'tenant.create'
        | 'tenant.change'
        | 'tenant.delete'
        | 'key.create'
        | 'key.revoke'
        | 'operator_key.create'
        | 'operator_key.change'
        | 'operator_key.delete'
        | 'portal_link.create'
        | 'portal_link.open'
        | 'portal_link.delete'
        | 'endpoint.create'
        | 'endpoint.change'
        | 'endpoint.delete'
        | 'endpoint.replay'
        | 'secret.rotate'
        | 'secret.read'
        | 'tenant_secret.rotate'
        | 'signing_key.rotate'
        | 'delivery.retry'
        | 'replay.create'
        | 'replay.start'
        | 'replay.cancel'
        | 'payload.erase'
        | 'response.erase'
        | 'set_aside.retry'
        | 'set_aside.delete'
        | 'several.attempts'
        | undefined
      /** The id of an object. */
      object?: string | undefined
      /** Inclusive. */
      from?: string | undefined
      /** Exclusive. */
      to?: string | undefined
    }
    body: undefined
    answer: { data: AuditRecord[]; nextCursor: string | null }
  }
  /** All audit records that match as JSON lines, newest first */
  'GET /v1/audit/export': {
    params: unknown
    query: {
      tenant?: string | undefined
      /** The id of a key; `settings`: the key in the settings; `posthorn`: Posthorn itself. */
      actor?: string | undefined
      action?:
        | 'tenant.create'
        | 'tenant.change'
        | 'tenant.delete'
        | 'key.create'
        | 'key.revoke'
        | 'operator_key.create'
        | 'operator_key.change'
        | 'operator_key.delete'
        | 'portal_link.create'
        | 'portal_link.open'
        | 'portal_link.delete'
        | 'endpoint.create'
        | 'endpoint.change'
        | 'endpoint.delete'
        | 'endpoint.replay'
        | 'secret.rotate'
        | 'secret.read'
        | 'tenant_secret.rotate'
        | 'signing_key.rotate'
        | 'delivery.retry'
        | 'replay.create'
        | 'replay.start'
        | 'replay.cancel'
        | 'payload.erase'
        | 'response.erase'
        | 'set_aside.retry'
        | 'set_aside.delete'
        | 'several.attempts'
        | undefined
      /** The id of an object. */
      object?: string | undefined
      /** Inclusive. */
      from?: string | undefined
      /** Exclusive. */
      to?: string | undefined
    }
    body: undefined
    answer: Response
  }
  /** Count events, attempts and ended deliveries over time */
  'GET /v1/stats': {
    params: unknown
    query: {
      /** Rounded to steps, as to; default: 60 steps before to. */
      from?: string | undefined
      /** Exclusive; default: now. */
      to?: string | undefined
      /** Hours and days are those of UTC. */
      step?: 'minute' | 'hour' | 'day' | undefined
      /** A series for each of them; default: one for everything. */
      by?: 'dialect' | 'tenant' | 'endpoint' | 'type' | 'outcome' | undefined
      dialect?: string | undefined
      tenant?: string | undefined
      /** Needs tenant. */
      endpoint?: string | undefined
    }
    body: undefined
    answer: Statistics
  }
  /** List the dialects that are served */
  'GET /v1/dialects': {
    params: unknown
    query: unknown
    body: undefined
    answer: { data: Dialect[]; nextCursor: string | null }
  }
  /** Get a dialect: event catalogue, scopes, roles, retries, signatures, limits */
  'GET /v1/dialects/{dialect}': {
    params: { dialect: string }
    query: unknown
    body: undefined
    answer: Dialect
  }
  /** The PEM that receivers verify with, where the dialect signs with a key of the installation */
  'GET /v1/dialects/{dialect}/public-key': {
    params: { dialect: string }
    query: unknown
    body: undefined
    answer: Response
  }
  /** Code that verifies deliveries, in JavaScript, Python, Go, Ruby, PHP and Java */
  'GET /v1/dialects/{dialect}/snippets': {
    params: { dialect: string }
    query: unknown
    body: undefined
    answer: Snippets
  }
  /** Deliveries that a correct receiver accepts or refuses, with fixed secrets */
  'GET /v1/dialects/{dialect}/test-vectors': {
    params: { dialect: string }
    query: unknown
    body: undefined
    answer: TestVectors
  }
  /** The request that the dialect would send for an event, signed with a secret that is made for it */
  'POST /v1/dialects/{dialect}/preview': {
    params: { dialect: string }
    query: unknown
    body: {
      type: string
      /** Delivered as it was posted, byte for byte. */
      data: Record<string, unknown>
      /** Endpoint filters match these. */
      attributes?: Record<string, string>
      /** The settings of the tenant; default: none. */
      settings?: Record<string, string>
    }
    answer: Preview
  }
  /** List the key pairs of the installation that a dialect signs with, newest first */
  'GET /v1/dialects/{dialect}/signing-keys': {
    params: { dialect: string }
    query: unknown
    body: undefined
    answer: SigningKeys
  }
  /** Add a key pair: it is published now, and signs later */
  'POST /v1/dialects/{dialect}/signing-keys': {
    params: { dialect: string }
    query: unknown
    body:
      | {
          /** For how long the new pair is published before it signs. */
          leadSeconds?: number
          /** For how long the other pairs stay published after that. */
          overlapSeconds?: number
        }
      | undefined
    answer: SigningKeys
  }
  /** The signing secrets of a tenant, where its dialect signs with them */
  'GET /v1/tenants/{tenant}/secrets': {
    params: { tenant: string }
    query: unknown
    body: undefined
    answer: TenantSecrets
  }
  /** Add a new signing secret of the tenant in front; the old ones sign too for a while */
  'POST /v1/tenants/{tenant}/rotate-secret': {
    params: { tenant: string }
    query: unknown
    body:
      | {
          /** For how long the older secrets sign too. */
          overlapSeconds?: number
        }
      | undefined
    answer: TenantSecrets
  }
  /** Create a link that opens a tenant's portal, once; the answer is the only place that shows it */
  'POST /v1/tenants/{tenant}/portal-links': {
    params: { tenant: string }
    query: unknown
    body:
      | {
          capabilities?: ('read' | 'endpoints' | 'secrets' | 'retry' | 'test' | 'replay')[]
          branding?: {
            name?: string | null
            logo?: string | null
            accent?: string | null
            scheme?: 'light' | 'dark' | null
          }
          /** The link is opened within it. */
          expiresInSeconds?: number
          /** The session ends after it. It ends earlier if it is not used for an hour. */
          sessionSeconds?: number
        }
      | undefined
    answer: PortalLink
  }
  /** List a tenant's portal links whose session has not ended, newest first */
  'GET /v1/tenants/{tenant}/portal-links': {
    params: { tenant: string }
    query: unknown
    body: undefined
    answer: { data: PortalLink[] }
  }
  /** Delete a portal link, and end its session at once */
  'DELETE /v1/tenants/{tenant}/portal-links/{link}': {
    params: { tenant: string; link: string }
    query: unknown
    body: undefined
    answer: null
  }
  /** Watch events and deliveries, as server-sent events that do not end */
  'GET /v1/stream': {
    params: unknown
    query: {
      /** Shows attempts of this tenant only. It does not change `tick`. */
      tenant?: string | undefined
      /** Needs tenant. */
      endpoint?: string | undefined
    }
    body: undefined
    answer: Response
  }
  /** Nodes, waiting deliveries, size of the database, retention */
  'GET /v1/status': {
    params: unknown
    query: unknown
    body: undefined
    answer: Status
  }
  /** Get the answer that the dialect's own API gives to the customer; its secrets need the role `admin` */
  'GET /v1/tenants/{tenant}/endpoints/{endpoint}/as-dialect': {
    params: { tenant: string; endpoint: string }
    query: {
      /** Without secrets and header values, and without an audit record. */
      secrets?: 'hidden' | undefined
    }
    body: undefined
    answer: CustomersView
  }
  /** Get the answer that the dialect's own API would give to a customer's change of an endpoint; its secrets need the role `admin` */
  'POST /v1/tenants/{tenant}/as-dialect': {
    params: { tenant: string }
    query: unknown
    body: {
      method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
      /** With its query. */
      path: string
      /** The body of the request, JSON. */
      body?: unknown
      /** Whether the change is made already: the answer then shows the endpoint as it is stored. Default: false, which shows it as it would be, without the values of secrets and headers. */
      done?: boolean
      /** Without secrets and header values, and without an audit record. */
      secrets?: 'hidden'
    }
    answer: CustomersView
  }
}

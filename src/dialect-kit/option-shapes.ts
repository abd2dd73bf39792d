// The shapes of the options of the kit's functions, by group, function and position of the parameter. The compiler holds them
// against the types of the functions where they are used (index.ts).

import { timeForms } from './deliveries/time-forms.ts'

const place = {
  members: { in: { required: true, oneOf: { path: true, query: true, body: true } }, name: 'string!' },
} as const
const status = { oneOf: { 200: true, 201: true, 202: true, 204: true } } as const
const sizes = { sizeDefault: 'number!', sizeMax: 'number!' } as const
const wrap = 'string|function'

/** The options that every operation has. */
export const described = {
  operationId: 'string',
  summary: 'string',
  needs: 'any',
  id: place,
  query: 'object',
  check: 'function',
  mediaType: 'string',
} as const

const answered = { ...described, status, wrap } as const
const member = { ...answered, member: 'string' } as const
const sent = { ...described, status, answer: 'function' } as const
const type = { ...described, each: 'function' } as const

export const webhookOptions = {
  change: { 0: { ...member, neverEmpty: 'boolean' } },
  count: { 0: { ...described, answer: 'function' } },
  create: { 0: { ...answered, refusals: 'object', ping: 'boolean' } },
  createMany: { 0: { ...described, itemsMax: 'number!' } },
  deliveryLog: { 0: { list: 'function!', get: 'function' } },
  disable: { 0: answered },
  enable: { 0: answered },
  eventLog: { 0: { each: 'function!' } },
  eventTypes: { 0: { ...type, wrap, tenantless: 'boolean' } },
  get: { 0: member },
  history: {
    0: {
      times: { required: true, oneOf: timeForms },
      words: { required: true, members: { succeeded: 'string!', failed: 'string!', pending: 'string!' } },
      failures: { required: true, members: { timedOut: 'string!', rejected: 'string!', unreachable: 'string!' } },
      fields: 'object!',
    },
  },
  list: { 0: { ...described, wrap, pages: 'object', where: { each: { schema: 'object!', test: 'function!' } } } },
  patch: { 0: answered },
  ping: { 0: { ...sent, waits: 'boolean', type: place, types: 'object' } },
  put: { 0: answered },
  redeliver: { 0: sent },
  remove: { 0: sent },
  removeShown: { 0: answered },
  replace: { 0: answered },
  resend: { 0: { ...sent, endpointsIn: 'string' } },
  retry: { 0: sent },
  rotate: { 0: { ...answered, overlap: 'string', overlapIf: 'string' } },
  secret: { 0: { ...described, answer: 'function' } },
  subscribe: { 0: { ...type, field: 'string', status } },
  subscriptions: { 0: { ...type, wrap } },

  tryOut: { 0: { ...described, answer: 'function!' } },
  unsubscribe: { 0: sent },
} as const

export const authOptions = {
  basic: { 0: { key: { required: true, oneOf: { user: true, password: true, both: true } }, user: 'string' } },
  header: { 1: { scheme: 'string', bare: 'boolean', begins: 'string', fromWebPages: 'boolean' } },
  namedTenant: { 0: { query: 'string', header: 'string', isRequired: 'function' } },
} as const

export const errorOptions = {
  django: {
    0: { uuids: 'list', lists: 'list', unauthenticated: { oneOf: { 401: true, 403: true } }, keyUnknown: 'string' },
  },
  nest: {
    0: { notFound: 'string!', forbidden: 'string', tooManyRequests: 'string', owner: 'string!', order: 'list!' },
  },
  // These take problems by name, and check them.
  own: null,
  symfony: null,
  webargs: {
    0: {
      unauthenticated: 'object!',
      forbidden: 'object!',
      notFound: 'string!',
      exists: 'object!',
      words: 'function',
      headersField: 'string',
    },
  },
} as const

export const pageOptions = {
  cursor: {
    0: {
      ...sizes,
      after: 'string!',
      before: 'string',
      cursors: { oneOf: { ids: true } },
      size: 'string',
      linkHeader: 'boolean',
      answer: 'function!',
    },
  },
  django: { 0: { ...sizes, sizeName: 'string!' } },
  numbered: { 0: { ...sizes, names: 'list', linkHeader: 'boolean', totalHeaders: 'list', answer: 'function!' } },
  offset: { 0: { ...sizes, names: 'list', answer: 'function!' } },
} as const

export const secretOptions = {
  ofTenant: null,
  text: { 0: { form: 'string!', charsMax: 'number', accepts: 'pattern', fault: 'function' } },
  withKeyPair: null,
} as const

const encoding = { oneOf: { hex: true, base64: true, base64url: true } } as const
const keyPair = { encoding, over: 'list' } as const
const token = { header: 'object', withSecret: 'boolean' } as const

export const signOptions = {
  all: { 1: { prefix: 'string', separator: 'string' } },
  detachedJws: { 0: { ...token, isUnencoded: 'boolean' } },
  ecdsa: { 0: { ...keyPair, form: { oneOf: { der: true, raw: true } } } },
  ed25519: { 0: keyPair },
  hmac: { 0: { ...keyPair, hash: { oneOf: { sha1: true, sha256: true, sha512: true } } } },
  jwt: { 0: { ...token, claims: 'object!' } },
  newest: { 1: { required: 'boolean', prefix: 'string' } },
  rsa: { 0: keyPair },
  standardWebhooks: { 1: { withKeyPair: 'boolean' } },
} as const

export const healthOptions = {
  armedStreak: { 0: { span: 'string!', within: 'string!', disableAfter: 'string!' } },
  streak: { 1: { deletes: 'boolean' } },
} as const

const publicKey = { ...described, isPublic: 'boolean' } as const

export const keyOptions = {
  jwks: { 0: publicKey },
  pem: { 0: { ...publicKey, answer: 'function' } },
  rotateTenantSecret: { 0: { ...described, answer: 'function!', overlap: 'string' } },
  tenantSecret: { 0: { ...described, answer: 'function!' } },
} as const

export const contentTypeOption = { contentType: 'string' } as const
export const cloudEventOptions = {
  source: 'string|object!',
  id: 'object',
  type: 'string|object',
  attributes: 'object',
  data: 'object',
} as const

const logList = {
  0: {
    ...described,
    ...sizes,
    names: 'list',
    where: { members: { status: 'string', eventType: 'string' } },
    linkHeader: 'boolean',
    answer: 'function!',
  },
} as const

/** The operations that webhooks.history, webhooks.deliveryLog and webhooks.eventLog make. */
export const historyOptions = {
  list: { 0: { ...described, sizes: 'list', shows: 'string!', answer: 'function!' } },
  get: { 0: described },
  test: { 0: { ...described, shows: 'string!' } },
} as const
export const deliveryLogOptions = { list: logList, get: { 0: { ...described, showsExchange: 'boolean' } } } as const
export const eventLogOptions = { list: logList, get: { 0: described } } as const

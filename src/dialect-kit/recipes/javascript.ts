// Code of receivers in JavaScript, for Node.

import {
  type Expressions,
  lines,
  bare,
  placeText,
  type Plan,
  prefixOf,
  runText,
  secretPrefix,
  signatureTexts,
  textOf,
  singleQuoted,
  type Writer,
} from './plan.ts'

const expressions: Expressions = {
  quoted: singleQuoted,
  header: (name) => `(headers[${singleQuoted(name)}] ?? '')`,
  entry: (header, separator, prefix) => `entry(${header}, ${quotedSeparator(separator)}, ${singleQuoted(prefix)})`,
  member: (path) =>
    `member(body, ${path.map((one) => (typeof one === 'number' ? one : singleQuoted(one))).join(', ')})`,
  known: { url: 'url', webhookId: 'webhookId' },
  bodyText: 'Buffer.from(body).toString()',
  body: {
    sha256Hex: "createHash('sha256').update(body).digest('hex')",
    sha256Base64: "createHash('sha256').update(body).digest('base64')",
    crc32: 'String(crc32(body))',
  },
  timestamp: 'timestamp',
  plus: ' + ',
  list: (texts) => `[${texts.join(', ')}]`,
  split: (text, separator) => `${text}.split(${singleQuoted(separator)})`,
}

const quotedSeparator = (separator: string): string => (separator === '\n' ? "'\\n'" : singleQuoted(separator))

const seconds = {
  unixSeconds: 'Number(timestamp)',
  unixMilliseconds: 'Number(timestamp) / 1000',
  iso: 'Date.parse(timestamp) / 1000',
}

export const javascript: Writer = (plan) => {
  const { recipe, known, isSecret, has, hasTime, token } = plan
  const { timestamp } = recipe
  const parameters = ['headers', 'body', isSecret ? 'secret' : 'publicKey', ...known]
  const names = [
    recipe.algorithm.startsWith('hmac') && 'createHmac',
    has.sha256 && 'createHash',
    isSecret ? 'timingSafeEqual' : 'verify as verifySignature',
  ].filter((name) => name !== false)
  return lines(
    `import { ${names.toSorted().join(', ')} } from 'node:crypto'`,
    has.crc32 && "import { crc32 } from 'node:zlib'",
    '',
    '/** `body`: the bytes of the request as they arrived. Names of headers are in lower case. */',
    `export function verify(${parameters.join(', ')}${hasTime ? ', now = Date.now() / 1000' : ''}) {`,
    isSecret && secretLines(plan),
    timestamp && [
      `  const timestamp = ${bare(placeText(expressions, timestamp))}`,
      `  if (!(Math.abs(now - ${seconds[timestamp.form]}) <= 300)) return false`,
    ],
    token !== null ? tokenCheck(plan, token) : isSecret ? comparison(plan) : publicKeyCheck(plan),
    '}',
    isSecret && [
      '',
      'function isEqual(given, expected) {',
      '  const [one, other] = [Buffer.from(given), Buffer.from(expected)]',
      '  return one.length === other.length && timingSafeEqual(one, other)',
      '}',
    ],
    has.entries && [
      '',
      'function entry(header, separator, prefix) {',
      '  const found = header.split(separator).find((one) => one.startsWith(prefix))',
      "  return found === undefined ? '' : found.slice(prefix.length)",
      '}',
    ],
    has.members && [
      '',
      'function member(body, ...path) {',
      '  try {',
      "    return String(path.reduce((value, name) => value?.[name], JSON.parse(body)) ?? '')",
      '  } catch {',
      "    return ''",
      '  }',
      '}',
    ],
    '',
  )
}

function comparison(plan: Plan): string[] {
  const prefix = prefixOf(plan)
  const { algorithm, user } = plan.recipe
  const before = prefix === '' ? '' : `${singleQuoted(prefix)} + `
  const expected =
    algorithm === 'token'
      ? 'secret'
      : algorithm === 'basic'
        ? `'Basic ' + Buffer.from(${singleQuoted(`${user}:`)} + secret).toString('base64')`
        : null
  return [
    ...(expected === null ? hmacLines(plan, before) : [`  const expected = ${before}${expected}`]),
    `  return ${signatureTexts(expressions, plan)}.some((given) => isEqual(given, expected))`,
  ]
}

/** An empty secret is refused: every sender could sign with it. */
function secretLines(plan: Plan): string[] {
  const fault = "throw new Error('the secret is empty')"
  if (!plan.isDecoded) return [`  if (!secret) ${fault}`]
  return [
    `  const key = Buffer.from((secret ?? '').replace(/^${secretPrefix(plan)}/, ''), 'base64')`,
    `  if (key.length === 0) ${fault}`,
  ]
}

/** The name of the key of an HMAC. */
function secretKey({ isDecoded }: Plan): string {
  return isDecoded ? 'key' : 'secret'
}

function hmacLines(plan: Plan, before: string): string[] {
  const { algorithm, encoding } = plan.recipe
  return [
    `  const mac = createHmac('${algorithm.slice('hmac-'.length)}', ${secretKey(plan)})`,
    ...pieces(plan).map((piece) => `  mac.update(${piece})`),
    `  const expected = ${before}mac.digest('${encoding}')`,
  ]
}

function pieces(plan: Plan): string[] {
  return plan.runs.map((run) => {
    if ('texts' in run) return runText(expressions, plan, run.texts)
    return run.bytes === 'body' ? 'body' : "createHash('sha256').update(body).digest()"
  })
}

function publicKeyOf({ recipe }: Plan): string {
  return recipe.ecdsaForm === 'p1363' ? "{ key: publicKey, dsaEncoding: 'ieee-p1363' }" : 'publicKey'
}

function publicKeyCheck(plan: Plan): string[] {
  const { algorithm, encoding } = plan.recipe
  const prefix = prefixOf(plan)
  const key = publicKeyOf(plan)
  const given = prefix === '' ? 'given' : `given.slice(${prefix.length})`
  const isOne = prefix === '' ? '' : `given.startsWith(${singleQuoted(prefix)}) && `
  return [
    `  const signed = Buffer.concat([${plan.runs.map((run, index) => ('texts' in run ? `Buffer.from(${pieces(plan)[index]})` : pieces(plan)[index])).join(', ')}])`,
    `  const isSigned = (given) => verifySignature(${algorithm === 'ed25519' ? 'null' : "'sha256'"}, signed, ${key}, Buffer.from(given, '${encoding}'))`,
    `  return ${signatureTexts(expressions, plan)}.some((given) => ${isOne}isSigned(${given}))`,
  ]
}

function tokenCheck(plan: Plan, { isDetached, isUnencoded, claims }: NonNullable<Plan['token']>): string[] {
  const { isSecret, recipe } = plan
  const { length } = prefixOf(plan)
  const hash = recipe.algorithm === 'ed25519' ? 'null' : "'sha256'"
  const bytes = isDetached
    ? "Buffer.from(head + '.' + Buffer.from(body).toString('base64url'))"
    : "Buffer.from(head + '.' + payload)"
  const isSigned = isSecret
    ? `isEqual(signature, createHmac('sha256', ${secretKey(plan)}).update(signed).digest('base64url'))`
    : `verifySignature(${hash}, signed, ${publicKeyOf(plan)}, Buffer.from(signature, 'base64url'))`
  const compared = claims.map(
    ([name, piece]) => ` && String(claims[${singleQuoted(name)}] ?? '') === ${textOf(expressions, plan, piece)}`,
  )
  return [
    `  return ${signatureTexts(expressions, plan)}.some((given) => {`,
    `    const [head, payload, signature = ''] = given${length === 0 ? '' : `.slice(${length})`}.split('.')`,
    `    const signed = ${isUnencoded ? "Buffer.concat([Buffer.from(head + '.'), body])" : bytes}`,
    ...(isDetached
      ? [`    return payload === '' && ${isSigned}`]
      : [
          `    if (!${isSigned}) return false`,
          "    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())",
          `    return !(claims.exp < now)${compared.join('')}`,
        ]),
    '  })',
  ]
}

// Code of receivers in Ruby.

import {
  type Expressions,
  lines,
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

const quoted = (text: string): string => (text === '\n' ? '"\\n"' : singleQuoted(text))

const expressions: Expressions = {
  quoted,
  header: (name) => `headers[${quoted(name)}].to_s`,
  entry: (header, separator, prefix) => `entry(${header}, ${quoted(separator)}, ${quoted(prefix)})`,
  member: (path) => `member(body, ${path.map((one) => (typeof one === 'number' ? one : quoted(one))).join(', ')})`,
  known: { url: 'url', webhookId: 'webhook_id' },
  bodyText: 'body.b',
  body: {
    sha256Hex: 'OpenSSL::Digest::SHA256.hexdigest(body)',
    sha256Base64: '[OpenSSL::Digest::SHA256.digest(body)].pack("m0")',
    crc32: 'Zlib.crc32(body).to_s',
  },
  timestamp: 'timestamp',
  plus: ' + ',
  list: (texts) => `[${texts.join(', ')}]`,
  split: (text, separator) => `${text}.split(${quoted(separator)})`,
}

const seconds = {
  unixSeconds: 'Float(timestamp)',
  unixMilliseconds: 'Float(timestamp) / 1000',
  iso: 'Time.iso8601(timestamp).to_f',
}

export const ruby: Writer = (plan) => {
  const { recipe, isSecret, known, has, hasTime, token } = plan
  const { timestamp } = recipe
  const parameters = [
    'headers',
    'body',
    isSecret ? 'secret' : 'public_key',
    ...known.map((one) => expressions.known[one]),
    ...(hasTime ? ['now: Time.now.to_f'] : []),
  ]
  return lines(
    (has.members || (token !== null && !token.isDetached)) && 'require "json"',
    'require "openssl"',
    timestamp?.form === 'iso' && 'require "time"',
    has.crc32 && 'require "zlib"',
    '',
    '# body: the bytes of the request as they arrived. Names of headers are in lower case.',
    `def verify(${parameters.join(', ')})`,
    isSecret && secretLines(plan),
    timestamp && [
      `  timestamp = ${placeText(expressions, timestamp)}`,
      `  return false unless (now - ${seconds[timestamp.form]}).abs <= 300`,
      '',
    ],
    token !== null ? tokenCheck(plan, token) : isSecret ? comparison(plan) : publicKeyCheck(plan),
    timestamp && ['rescue ArgumentError', '  false'],
    'end',
    helpers(plan),
    '',
  )
}

function signedOf(plan: Plan): string {
  return plan.runs
    .map((run) => {
      if ('bytes' in run) return run.bytes === 'body' ? 'body.b' : 'OpenSSL::Digest::SHA256.digest(body)'
      const text = runText(expressions, plan, run.texts)
      return run.texts.length === 1 ? `${text}.b` : `(${text}).b`
    })
    .join(' + ')
}

function comparison(plan: Plan): string[] {
  const { algorithm, encoding, user } = plan.recipe
  const prefix = prefixOf(plan)
  const before = prefix === '' ? '' : `${quoted(prefix)} + `
  const last = `  ${signatureTexts(expressions, plan)}.any? { |given| OpenSSL.secure_compare(given, expected) }`
  if (algorithm === 'token') return [`  expected = ${before}secret`, last]
  if (algorithm === 'basic') {
    return [`  expected = ${before}'Basic ' + [${quoted(`${user}:`)} + secret].pack("m0")`, last]
  }
  const hash = algorithm.slice('hmac-'.length).toUpperCase()
  const key = secretKey(plan)
  const mac = {
    hex: `OpenSSL::HMAC.hexdigest("${hash}", ${key}, signed)`,
    base64: `[OpenSSL::HMAC.digest("${hash}", ${key}, signed)].pack("m0")`,
    base64url: `[OpenSSL::HMAC.digest("${hash}", ${key}, signed)].pack("m0").tr("+/", "-_").delete("=")`,
  }[encoding ?? 'hex']
  return [`  signed = ${signedOf(plan)}`, `  expected = ${before}${mac}`, last]
}

/** An empty secret is refused: every sender could sign with it. */
function secretLines(plan: Plan): string[] {
  const fault = 'raise "the secret is empty" if'
  if (!plan.isDecoded) return [`  ${fault} secret.to_s.empty?`, '']
  return [`  key = secret.to_s.delete_prefix(${quoted(secretPrefix(plan))}).unpack1("m")`, `  ${fault} key.empty?`, '']
}

/** The name of the key of an HMAC. */
function secretKey({ isDecoded }: Plan): string {
  return isDecoded ? 'key' : 'secret'
}

function publicKeyCheck(plan: Plan): string[] {
  const { algorithm, encoding, ecdsaForm } = plan.recipe
  const prefix = prefixOf(plan)
  const isOne = prefix === '' ? '' : `given.start_with?(${quoted(prefix)}) && `
  const given = prefix === '' ? 'given' : `given.delete_prefix(${quoted(prefix)})`
  const decoded = {
    hex: `[${given}].pack("H*")`,
    base64: `${given}.unpack1("m")`,
    base64url: `${given}.tr("-_", "+/").unpack1("m")`,
  }[encoding ?? 'hex']
  const signature = ecdsaForm === 'p1363' ? `der(${decoded})` : decoded
  return [
    `  signed = ${signedOf(plan)}`,
    '  key = OpenSSL::PKey.read(public_key)',
    `  ${signatureTexts(expressions, plan)}.any? do |given|`,
    `    ${isOne}key.verify(${algorithm === 'ed25519' ? 'nil' : '"SHA256"'}, ${signature}, signed)`,
    '  rescue OpenSSL::PKey::PKeyError',
    '    false',
    '  end',
  ]
}

function tokenCheck(plan: Plan, { isDetached, isUnencoded, claims }: NonNullable<Plan['token']>): string[] {
  const { isSecret, recipe } = plan
  const prefix = prefixOf(plan)
  const bytes = 'signature.to_s.tr("-_", "+/").unpack1("m")'
  const signature = recipe.ecdsaForm === 'p1363' ? `der(${bytes})` : bytes
  const payload = isUnencoded ? 'body.b' : isDetached ? 'base64url(body)' : 'payload.to_s'
  const isSigned = isSecret
    ? `OpenSSL.secure_compare(signature.to_s, base64url(OpenSSL::HMAC.digest("SHA256", ${secretKey(plan)}, signed)))`
    : `key.verify(${recipe.algorithm === 'ed25519' ? 'nil' : '"SHA256"'}, ${signature}, signed)`
  const compared = claims.map(
    ([name, piece]) => ` && claims[${quoted(name)}].to_s == ${textOf(expressions, plan, piece)}`,
  )
  return [
    ...(isSecret ? [] : ['  key = OpenSSL::PKey.read(public_key)']),
    `  ${signatureTexts(expressions, plan)}.any? do |given|`,
    `    head, payload, signature = given.b${prefix === '' ? '' : `.delete_prefix(${quoted(prefix)})`}.split(".", 3)`,
    `    signed = "#{head}." + ${payload}`,
    ...(isDetached
      ? [`    payload == "" && ${isSigned}`]
      : [
          `    next false unless ${isSigned}`,
          '',
          '    claims = JSON.parse(payload.tr("-_", "+/").unpack1("m"))',
          `    (claims["exp"] || now) >= now${compared.join('')}`,
        ]),
    ...(isSecret ? [] : ['  rescue OpenSSL::PKey::PKeyError', '    false']),
    '  end',
  ]
}

function helpers({ recipe, has, isSecret, token }: Plan): string[] {
  const encodesBytes = token !== null && (isSecret || (token.isDetached && !token.isUnencoded))
  return [
    ...(encodesBytes ? ['', 'def base64url(bytes)', '  [bytes].pack("m0").tr("+/", "-_").delete("=")', 'end'] : []),
    ...(recipe.ecdsaForm === 'p1363'
      ? [
          '',
          'def der(signature)',
          '  halves = [signature.byteslice(0, 32), signature.byteslice(32..)]',
          '  integers = halves.map { |half| OpenSSL::ASN1::Integer(OpenSSL::BN.new(half.to_s, 2)) }',
          '  OpenSSL::ASN1::Sequence(integers).to_der',
          'end',
        ]
      : []),
    ...(has.entries
      ? [
          '',
          'def entry(header, separator, prefix)',
          '  header.split(separator).find { |one| one.start_with?(prefix) }.to_s.delete_prefix(prefix)',
          'end',
        ]
      : []),
    ...(has.members
      ? [
          '',
          'def member(body, *path)',
          '  JSON.parse(body).dig(*path).to_s',
          'rescue JSON::ParserError, TypeError, NoMethodError',
          '  ""',
          'end',
        ]
      : []),
  ]
}

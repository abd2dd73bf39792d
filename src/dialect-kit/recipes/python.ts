// Code of receivers in Python.

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
  type Writer,
} from './plan.ts'

const quoted = (text: string): string => JSON.stringify(text)

const expressions: Expressions = {
  quoted,
  header: (name) => `headers.get(${quoted(name)}, "")`,
  entry: (header, separator, prefix) => `entry(${header}, ${quoted(separator)}, ${quoted(prefix)})`,
  member: (path) => `member(body, ${path.map((one) => JSON.stringify(one)).join(', ')})`,
  known: { url: 'url', webhookId: 'webhook_id' },
  bodyText: 'body.decode(errors="replace")',
  body: {
    sha256Hex: 'hashlib.sha256(body).hexdigest()',
    sha256Base64: 'base64.b64encode(hashlib.sha256(body).digest()).decode()',
    crc32: 'str(zlib.crc32(body))',
  },
  timestamp: 'timestamp',
  plus: ' + ',
  list: (texts) => `[${texts.join(', ')}]`,
  split: (text, separator) => `${text}.split(${quoted(separator)})`,
}

const seconds = {
  unixSeconds: 'float(timestamp)',
  unixMilliseconds: 'float(timestamp) / 1000',
  iso: 'datetime.fromisoformat(timestamp).timestamp()',
}

export const python: Writer = (plan) => {
  const { recipe, isSecret, known, hasTime, token } = plan
  const { timestamp } = recipe
  const parameters = [
    'headers',
    'body: bytes',
    isSecret ? 'secret: str' : 'public_key: str',
    ...known.map((one) => `${expressions.known[one]}: str`),
    ...(hasTime ? ['now: float | None = None'] : []),
  ]
  const imported = importsOf(plan)
  const code = [
    `def verify(${parameters.join(', ')}) -> bool:`,
    '    """body: the bytes of the request as they arrived. Names of headers are in lower case, or in any case."""',
    ...(isSecret ? secretLines(plan) : []),
    ...(timestamp
      ? [
          `    timestamp = ${placeText(expressions, timestamp)}`,
          '    try:',
          `        sent_at = ${seconds[timestamp.form]}`,
          '    except ValueError:',
          '        return False',
          '    if not abs((time.time() if now is None else now) - sent_at) <= 300:',
          '        return False',
        ]
      : []),
    ...(token !== null ? tokenCheck(plan, token) : isSecret ? comparison(plan) : publicKeyCheck(plan)),
  ]
  return lines(isSecret ? [] : '# Needs the package cryptography.', imported, '', '', code, helpers(plan), '')
}

/** Imports of the standard library come first, as is usual. */
function importsOf({ recipe, has, isSecret, isDecoded, hasTime, token }: Plan): string[] {
  const { algorithm, encoding, timestamp, ecdsaForm } = recipe
  const isJwt = token !== null && !token.isDetached
  const usesBase64 = isDecoded || encoding?.startsWith('base64') || algorithm === 'basic' || has.sha256
  const own = [
    usesBase64 && 'import base64',
    has.sha256 && 'import hashlib',
    isSecret && 'import hmac',
    (has.members || isJwt) && 'import json',
    hasTime && 'import time',
    has.crc32 && 'import zlib',
    timestamp?.form === 'iso' && 'from datetime import datetime',
  ].filter((line) => typeof line === 'string')
  if (isSecret) return own
  const primitives = 'from cryptography.hazmat.primitives'
  return [
    ...own,
    '',
    'from cryptography.exceptions import InvalidSignature',
    ...(algorithm === 'ed25519' ? [] : [`${primitives} import hashes`]),
    ...(algorithm === 'rsa-sha256' ? [`${primitives}.asymmetric import padding`] : []),
    ...(algorithm === 'ecdsa-p256-sha256' ? [`${primitives}.asymmetric import ec`] : []),
    ...(ecdsaForm === 'p1363' ? [`${primitives}.asymmetric.utils import encode_dss_signature`] : []),
    `${primitives}.serialization import load_pem_public_key`,
  ]
}

function signedOf(plan: Plan): string {
  return plan.runs
    .map((run) => {
      if ('bytes' in run) return run.bytes === 'body' ? 'body' : 'hashlib.sha256(body).digest()'
      const text = runText(expressions, plan, run.texts)
      return run.texts.length === 1 ? `${text}.encode()` : `(${text}).encode()`
    })
    .join(' + ')
}

function comparison(plan: Plan): string[] {
  const { algorithm, encoding, user } = plan.recipe
  const prefix = prefixOf(plan)
  const before = prefix === '' ? '' : `${quoted(prefix)} + `
  const last = [
    `    given = ${signatureTexts(expressions, plan)}`,
    '    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in given)',
  ]
  if (algorithm === 'token') return [`    expected = ${before}secret`, ...last]
  if (algorithm === 'basic') {
    return [
      `    expected = ${before}"Basic " + base64.b64encode((${quoted(`${user}:`)} + secret).encode()).decode()`,
      ...last,
    ]
  }
  const mac = {
    hex: 'mac.hex()',
    base64: 'base64.b64encode(mac).decode()',
    base64url: 'base64.urlsafe_b64encode(mac).decode().rstrip("=")',
  }[encoding ?? 'hex']
  return [
    `    mac = hmac.digest(${secretKey(plan)}, ${signedOf(plan)}, "${algorithm.slice('hmac-'.length)}")`,
    `    expected = ${before}${mac}`,
    ...last,
  ]
}

/** An empty secret is refused: every sender could sign with it. */
function secretLines(plan: Plan): string[] {
  const fault = '        raise ValueError("the secret is empty")'
  if (!plan.isDecoded) return ['    if not secret:', fault]
  return [
    `    key = base64.b64decode((secret or "").removeprefix(${quoted(secretPrefix(plan))}))`,
    '    if not key:',
    fault,
  ]
}

/** The expression of the key of an HMAC. */
function secretKey({ isDecoded }: Plan): string {
  return isDecoded ? 'key' : 'secret.encode()'
}

function publicKeyCheck(plan: Plan): string[] {
  const prefix = prefixOf(plan)
  const isOne = prefix === '' ? '' : `one.startswith(${quoted(prefix)}) and `
  const one = prefix === '' ? 'one' : `one[${prefix.length}:]`
  return [
    `    signed = ${signedOf(plan)}`,
    '    key = load_pem_public_key(public_key.encode())',
    `    given = ${signatureTexts(expressions, plan)}`,
    `    return any(${isOne}is_signed(key, ${one}, signed) for one in given)`,
  ]
}

function tokenCheck(plan: Plan, { isDetached, isUnencoded, claims }: NonNullable<Plan['token']>): string[] {
  const { isSecret } = plan
  const prefix = prefixOf(plan)
  const payload = isUnencoded ? 'body' : isDetached ? 'base64.urlsafe_b64encode(body).rstrip(b"=")' : 'payload.encode()'
  const isSigned = isSecret
    ? 'hmac.compare_digest(signature.encode(), base64.urlsafe_b64encode(mac).rstrip(b"="))'
    : 'is_signed(key, signature, signed)'
  const compared = claims.map(
    ([name, piece]) => ` and str(claims.get(${quoted(name)}, "")) == ${textOf(expressions, plan, piece)}`,
  )
  return [
    ...(isDetached ? [] : ['    now = time.time() if now is None else now']),
    ...(isSecret ? [] : ['    key = load_pem_public_key(public_key.encode())']),
    `    for given in ${signatureTexts(expressions, plan)}:`,
    `        head, _, rest = given${prefix === '' ? '' : `.removeprefix(${quoted(prefix)})`}.partition(".")`,
    '        payload, _, signature = rest.partition(".")',
    `        signed = head.encode() + b"." + ${payload}`,
    ...(isSecret ? [`        mac = hmac.digest(${secretKey(plan)}, signed, "sha256")`] : []),
    ...(isDetached
      ? [`        if payload == "" and ${isSigned}:`, '            return True']
      : [
          `        if not ${isSigned}:`,
          '            continue',
          '        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))',
          `        if claims.get("exp", now) >= now${compared.join('')}:`,
          '            return True',
        ]),
    '    return False',
  ]
}

function helpers({ recipe, has, isSecret }: Plan): string[] {
  return [
    ...(isSecret ? [] : signatureHelper(recipe)),
    ...(has.entries
      ? [
          '',
          '',
          'def entry(header: str, separator: str, prefix: str) -> str:',
          '    found = (one for one in header.split(separator) if one.startswith(prefix))',
          '    return next(found, prefix)[len(prefix):]',
        ]
      : []),
    ...(has.members
      ? [
          '',
          '',
          'def member(body: bytes, *path: str | int) -> str:',
          '    try:',
          '        value = json.loads(body)',
          '        for name in path:',
          '            value = value[name]',
          '        return "" if value is None else str(value)',
          '    except (ValueError, LookupError, TypeError):',
          '        return ""',
        ]
      : []),
  ]
}

function signatureHelper({ algorithm, encoding, ecdsaForm }: Plan['recipe']): string[] {
  const decoded = {
    hex: 'bytes.fromhex(text)',
    base64: 'base64.b64decode(text)',
    base64url: 'base64.urlsafe_b64decode(text + "==")',
  }[encoding ?? 'hex']
  const rest = {
    'rsa-sha256': ', padding.PKCS1v15(), hashes.SHA256()',
    'ecdsa-p256-sha256': ', ec.ECDSA(hashes.SHA256())',
  }[algorithm as string]
  return [
    '',
    '',
    'def is_signed(key, text: str, signed: bytes) -> bool:',
    '    try:',
    `        signature = ${decoded}`,
    ...(ecdsaForm === 'p1363'
      ? [
          '        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))',
          '        signature = encode_dss_signature(r, s)',
        ]
      : []),
    `        key.verify(signature, signed${rest ?? ''})`,
    '        return True',
    '    except (InvalidSignature, ValueError):',
    '        return False',
  ]
}

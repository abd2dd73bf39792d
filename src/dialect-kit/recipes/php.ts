// Code of receivers in PHP.

import {
  type Expressions,
  lines,
  bare,
  negated,
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
  header: (name) => `($headers[${quoted(name)}] ?? '')`,
  entry: (header, separator, prefix) => `entry(${header}, ${quoted(separator)}, ${quoted(prefix)})`,
  member: (path) => `member($body, ${path.map((one) => (typeof one === 'number' ? one : quoted(one))).join(', ')})`,
  known: { url: '$url', webhookId: '$webhookId' },
  bodyText: '$body',
  body: {
    sha256Hex: "hash('sha256', $body)",
    sha256Base64: "base64_encode(hash('sha256', $body, true))",
    crc32: '(string) crc32($body)',
  },
  timestamp: '$timestamp',
  plus: ' . ',
  list: (texts) => `[${texts.join(', ')}]`,
  split: (text, separator) => `explode(${quoted(separator)}, ${text})`,
}

const seconds = {
  unixSeconds: ['is_numeric($timestamp)', '(float) $timestamp'],
  unixMilliseconds: ['is_numeric($timestamp)', '(float) $timestamp / 1000'],
  iso: ['strtotime($timestamp) !== false', 'strtotime($timestamp)'],
} as const

export const php: Writer = (plan) => {
  const { recipe, isSecret, known, hasTime, token } = plan
  const { timestamp } = recipe
  const parameters = [
    'array $headers',
    'string $body',
    isSecret ? 'string $secret' : 'string $publicKey',
    ...known.map((one) => `string ${expressions.known[one]}`),
    ...(hasTime ? ['?float $now = null'] : []),
  ]
  const [isTime, at] = seconds[timestamp?.form ?? 'unixSeconds']
  return lines(
    '<?php',
    '',
    '// $body: the bytes of the request as they arrived. Names of headers are in lower case.',
    `function verify(${parameters.join(', ')}): bool`,
    '{',
    isSecret && secretLines(plan),
    timestamp && [
      `    $timestamp = ${bare(placeText(expressions, timestamp))};`,
      `    if (!${isTime.includes(' ') ? `(${isTime})` : isTime} || abs(($now ?? microtime(true)) - ${at}) > 300) {`,
      '        return false;',
      '    }',
    ],
    token !== null ? tokenCheck(plan, token) : isSecret ? comparison(plan) : publicKeyCheck(plan),
    '    return false;',
    '}',
    helpers(plan),
    '',
  )
}

function signedOf(plan: Plan): string {
  return plan.runs
    .map((run) => {
      if ('texts' in run) return runText(expressions, plan, run.texts)
      return run.bytes === 'body' ? '$body' : "hash('sha256', $body, true)"
    })
    .join(' . ')
}

function comparison(plan: Plan): string[] {
  const { algorithm, encoding, user } = plan.recipe
  const prefix = prefixOf(plan)
  const before = prefix === '' ? '' : `${quoted(prefix)} . `
  const last = [
    `    foreach (${signatureTexts(expressions, plan)} as $given) {`,
    '        if (hash_equals($expected, $given)) {',
    '            return true;',
    '        }',
    '    }',
  ]
  if (algorithm === 'token') return [`    $expected = ${before}$secret;`, ...last]
  if (algorithm === 'basic') {
    return [`    $expected = ${before}'Basic ' . base64_encode(${quoted(`${user}:`)} . $secret);`, ...last]
  }
  const name = quoted(algorithm.slice('hmac-'.length))
  const key = secretKey(plan)
  const mac = {
    hex: `hash_hmac(${name}, $signed, ${key})`,
    base64: `base64_encode(hash_hmac(${name}, $signed, ${key}, true))`,
    base64url: `rtrim(strtr(base64_encode(hash_hmac(${name}, $signed, ${key}, true)), '+/', '-_'), '=')`,
  }[encoding ?? 'hex']
  return [`    $signed = ${signedOf(plan)};`, `    $expected = ${before}${mac};`, ...last]
}

/** An empty secret is refused: every sender could sign with it. */
function secretLines(plan: Plan): string[] {
  const key = secretKey(plan)
  return [
    ...(plan.isDecoded
      ? [`    $key = base64_decode(preg_replace(${quoted(`/^${secretPrefix(plan)}/`)}, '', $secret));`]
      : []),
    `    if (${key} === '') {`,
    "        throw new \\InvalidArgumentException('the secret is empty');",
    '    }',
  ]
}

/** The name of the key of an HMAC. */
function secretKey({ isDecoded }: Plan): string {
  return isDecoded ? '$key' : '$secret'
}

const ed25519Key = "    $key = substr(base64_decode(preg_replace('/-----[^-]+-----/', '', $publicKey)), -32);"

function publicKeyCheck(plan: Plan): string[] {
  const { algorithm, encoding, ecdsaForm } = plan.recipe
  const prefix = prefixOf(plan)
  const isOne = prefix === '' ? '' : `str_starts_with($given, ${quoted(prefix)}) && `
  const given = prefix === '' ? '$given' : `substr($given, ${prefix.length})`
  const decoded = {
    hex: `(string) @hex2bin(${given})`,
    base64: `base64_decode(${given})`,
    base64url: `base64_decode(strtr(${given}, '-_', '+/'))`,
  }[encoding ?? 'hex']
  const isEd25519 = algorithm === 'ed25519'
  const signature = ecdsaForm === 'p1363' ? `der(${decoded})` : decoded
  return [
    `    $signed = ${signedOf(plan)};`,
    ...(isEd25519 ? [ed25519Key] : []),
    `    foreach (${signatureTexts(expressions, plan)} as $given) {`,
    isEd25519
      ? `        if (${isOne}isSigned(${signature}, $signed, $key)) {`
      : `        if (${isOne}openssl_verify($signed, ${signature}, $publicKey, OPENSSL_ALGO_SHA256) === 1) {`,
    '            return true;',
    '        }',
    '    }',
  ]
}

function tokenCheck(plan: Plan, { isDetached, isUnencoded, claims }: NonNullable<Plan['token']>): string[] {
  const { isSecret, recipe } = plan
  const { length } = prefixOf(plan)
  const isEd25519 = recipe.algorithm === 'ed25519'
  const bytes = "base64_decode(strtr($signature, '-_', '+/'))"
  const signature = recipe.ecdsaForm === 'p1363' ? `der(${bytes})` : bytes
  const payload = isUnencoded ? '$body' : isDetached ? 'base64url($body)' : '$payload'
  const isSigned = isSecret
    ? `hash_equals(base64url(hash_hmac('sha256', $signed, ${secretKey(plan)}, true)), $signature)`
    : isEd25519
      ? `isSigned(${signature}, $signed, $key)`
      : `openssl_verify($signed, ${signature}, $publicKey, OPENSSL_ALGO_SHA256) === 1`
  const compared = claims.map(
    ([name, piece]) => ` && (string) ($claims[${quoted(name)}] ?? '') === ${textOf(expressions, plan, piece)}`,
  )
  return [
    ...(isDetached ? [] : ['    $now ??= microtime(true);']),
    ...(!isSecret && isEd25519 ? [ed25519Key] : []),
    `    foreach (${signatureTexts(expressions, plan)} as $given) {`,
    `        $parts = explode('.', ${length === 0 ? '$given' : `substr($given, ${length})`});`,
    `        if (count($parts) !== 3${isDetached ? " || $parts[1] !== ''" : ''}) {`,
    '            continue;',
    '        }',
    '        [$head, $payload, $signature] = $parts;',
    `        $signed = $head . '.' . ${payload};`,
    ...(isDetached
      ? [`        if (${isSigned}) {`]
      : [
          `        if (${negated(isSigned)}) {`,
          '            continue;',
          '        }',
          "        $claims = json_decode(base64_decode(strtr($payload, '-_', '+/')), true);",
          `        if (($claims['exp'] ?? $now) >= $now${compared.join('')}) {`,
        ]),
    '            return true;',
    '        }',
    '    }',
  ]
}

const base64urlHelper = [
  '',
  'function base64url(string $bytes): string',
  '{',
  "    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');",
  '}',
]

function helpers({ recipe, has, isSecret, token }: Plan): string[] {
  const encodesBytes = token !== null && (isSecret || (token.isDetached && !token.isUnencoded))
  return [
    ...(encodesBytes ? base64urlHelper : []),
    ...(!isSecret && recipe.algorithm === 'ed25519'
      ? [
          '',
          'function isSigned(string $signature, string $signed, string $key): bool',
          '{',
          '    return strlen($signature) === 64 && sodium_crypto_sign_verify_detached($signature, $signed, $key);',
          '}',
        ]
      : []),
    ...(recipe.ecdsaForm === 'p1363'
      ? [
          '',
          'function der(string $signature): string',
          '{',
          "    $integers = '';",
          '    foreach ([substr($signature, 0, 32), substr($signature, 32)] as $half) {',
          '        $bytes = ltrim($half, "\\0");',
          '        $bytes = ord($bytes) > 127 ? "\\0" . $bytes : $bytes;',
          '        $integers .= "\\x02" . chr(strlen($bytes)) . $bytes;',
          '    }',
          '    return "\\x30" . chr(strlen($integers)) . $integers;',
          '}',
        ]
      : []),
    ...(has.entries
      ? [
          '',
          'function entry(string $header, string $separator, string $prefix): string',
          '{',
          '    foreach (explode($separator, $header) as $one) {',
          '        if (str_starts_with($one, $prefix)) {',
          '            return substr($one, strlen($prefix));',
          '        }',
          '    }',
          "    return '';",
          '}',
        ]
      : []),
    ...(has.members
      ? [
          '',
          'function member(string $body, string|int ...$path): string',
          '{',
          '    $value = json_decode($body, true);',
          '    foreach ($path as $name) {',
          '        $value = is_array($value) ? $value[$name] ?? null : null;',
          '    }',
          "    return is_scalar($value) ? (string) $value : '';",
          '}',
        ]
      : []),
  ]
}

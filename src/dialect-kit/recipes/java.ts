// Code of receivers in Java, 17 or later.

import {
  type Expressions,
  lines,
  packageOf,
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
  header: (name) => `text(headers.apply(${quoted(name)}))`,
  entry: (header, separator, prefix) => `entry(${header}, ${quoted(separator)}, ${quoted(prefix)})`,
  member() {
    throw new Error('the standard library of Java has no JSON')
  },
  known: { url: 'url', webhookId: 'webhookId' },
  bodyText: 'new String(body, StandardCharsets.UTF_8)',
  body: {
    sha256Hex: 'HexFormat.of().formatHex(sha256(body))',
    sha256Base64: 'Base64.getEncoder().encodeToString(sha256(body))',
    crc32: 'crc32(body)',
  },
  timestamp: 'timestamp',
  plus: ' + ',
  list: (texts) => `new String[] {${texts.join(', ')}}`,
  split: (text, separator) => `${text}.split(Pattern.quote(${quoted(separator)}))`,
}

const instants = {
  unixSeconds: 'Instant.ofEpochSecond(Long.parseLong(timestamp))',
  unixMilliseconds: 'Instant.ofEpochMilli(Long.parseLong(timestamp))',
  iso: 'OffsetDateTime.parse(timestamp).toInstant()',
}

export const java: Writer = (plan) => {
  const { isSecret, known, hasTime, token } = plan
  const isJwt = token !== null && !token.isDetached
  const { timestamp } = plan.recipe
  const parameters = [
    'UnaryOperator<String> headers',
    'byte[] body',
    isSecret ? 'String secret' : 'String publicKey',
    ...known.map((one) => `String ${expressions.known[one]}`),
    ...(hasTime ? ['Instant now'] : []),
  ]
  const code = lines(
    'public final class Webhook {',
    '    /** Needs the bytes of the request as they arrived, and its headers: request::getHeader. */',
    `    public static boolean verify(${parameters.join(', ')})`,
    `            throws GeneralSecurityException${isJwt ? ', IOException' : ''} {`,
    isSecret && secretLines(plan),
    timestamp && [
      `        String timestamp = ${placeText(expressions, timestamp)};`,
      '        try {',
      `            Duration age = Duration.between(${instants[timestamp.form]}, now).abs();`,
      '            if (age.compareTo(Duration.ofMinutes(5)) > 0) return false;',
      '        } catch (DateTimeException | IllegalArgumentException notATime) {',
      '            return false;',
      '        }',
    ],
    token !== null ? tokenCheck(plan, token) : isSecret ? comparison(plan) : publicKeyCheck(plan),
    '        return false;',
    '    }',
    helpers(plan),
    '}',
    '',
  )
  return lines(isJwt && `// Needs ${packageOf(plan, 'java')}.`, importsOf(code), '', code)
}

const classes = [
  'com.fasterxml.jackson.databind.JsonNode',
  'com.fasterxml.jackson.databind.ObjectMapper',
  'java.io.IOException',
  'java.nio.charset.StandardCharsets',
  'java.security.GeneralSecurityException',
  'java.security.KeyFactory',
  'java.security.MessageDigest',
  'java.security.PublicKey',
  'java.security.Signature',
  'java.security.SignatureException',
  'java.security.spec.X509EncodedKeySpec',
  'java.time.DateTimeException',
  'java.time.Duration',
  'java.time.Instant',
  'java.time.OffsetDateTime',
  'java.util.Base64',
  'java.util.HexFormat',
  'java.util.function.UnaryOperator',
  'java.util.regex.Pattern',
  'java.util.zip.CRC32',
  'javax.crypto.Mac',
  'javax.crypto.spec.SecretKeySpec',
]

function importsOf(code: string): string[] {
  return classes
    .filter((name) => new RegExp(String.raw`\b${name.split('.').at(-1)}\b`).test(code))
    .map((name) => `import ${name};`)
}

const writes = (plan: Plan): string[] =>
  plan.runs.map((run) => {
    if ('texts' in run) return `bytes(${runText(expressions, plan, run.texts)})`
    return run.bytes === 'body' ? 'body' : 'sha256(body)'
  })

const encoders = {
  hex: 'HexFormat.of().formatHex',
  base64: 'Base64.getEncoder().encodeToString',
  base64url: 'Base64.getUrlEncoder().withoutPadding().encodeToString',
}

function comparison(plan: Plan): string[] {
  const { algorithm, encoding, user } = plan.recipe
  const prefix = prefixOf(plan)
  const before = prefix === '' ? '' : `${quoted(prefix)} + `
  const last = [
    `        for (String given : ${signatureTexts(expressions, plan)}) {`,
    '            if (MessageDigest.isEqual(bytes(given), bytes(expected))) return true;',
    '        }',
  ]
  if (algorithm === 'token') return [`        String expected = ${before}secret;`, ...last]
  if (algorithm === 'basic') {
    const pair = `Base64.getEncoder().encodeToString(bytes(${quoted(`${user}:`)} + secret))`
    return [`        String expected = ${before}"Basic " + ${pair};`, ...last]
  }
  const name = `HmacSHA${algorithm.slice('hmac-sha'.length)}`
  return [
    `        Mac mac = Mac.getInstance("${name}");`,
    `        mac.init(new SecretKeySpec(${secretKey(plan)}, "${name}"));`,
    ...writes(plan).map((piece) => `        mac.update(${piece});`),
    `        String expected = ${before}${encoders[encoding ?? 'hex']}(mac.doFinal());`,
    ...last,
  ]
}

/** An empty secret is refused: every sender could sign with it. */
function secretLines(plan: Plan): string[] {
  const fault = 'throw new IllegalArgumentException("the secret is empty");'
  if (!plan.isDecoded) return [`        if (text(secret).isEmpty()) ${fault}`]
  return [
    `        byte[] key = Base64.getDecoder().decode(text(secret).replaceFirst(${quoted(`^${secretPrefix(plan)}`)}, ""));`,
    `        if (key.length == 0) ${fault}`,
  ]
}

/** The expression of the key of an HMAC. */
function secretKey({ isDecoded }: Plan): string {
  return isDecoded ? 'key' : 'bytes(secret)'
}

const algorithms = {
  ed25519: ['Ed25519', 'Ed25519'],
  'rsa-sha256': ['RSA', 'SHA256withRSA'],
  der: ['EC', 'SHA256withECDSA'],
  p1363: ['EC', 'SHA256withECDSAinP1363Format'],
} as const

const decoders = {
  hex: 'HexFormat.of().parseHex',
  base64: 'Base64.getDecoder().decode',
  base64url: 'Base64.getUrlDecoder().decode',
}

/** The lines of the public key, and the name of its signatures. */
function publicKey({ recipe: { algorithm, ecdsaForm } }: Plan): readonly [key: string[], signatures: string] {
  const [keys, signatures] = algorithms[ecdsaForm ?? (algorithm as 'ed25519' | 'rsa-sha256')]
  const key = [
    '        byte[] der = Base64.getMimeDecoder().decode(publicKey.replaceAll("-----[^-]+-----", ""));',
    `        PublicKey key = KeyFactory.getInstance("${keys}").generatePublic(new X509EncodedKeySpec(der));`,
  ]
  return [key, signatures]
}

function publicKeyCheck(plan: Plan): string[] {
  const { encoding } = plan.recipe
  const [key, signatures] = publicKey(plan)
  const prefix = prefixOf(plan)
  const given = prefix === '' ? 'given' : `given.substring(${prefix.length})`
  return [
    ...key,
    `        for (String given : ${signatureTexts(expressions, plan)}) {`,
    ...(prefix === '' ? [] : [`            if (!given.startsWith(${quoted(prefix)})) continue;`]),
    `            Signature signature = Signature.getInstance("${signatures}");`,
    '            signature.initVerify(key);',
    ...writes(plan).map((piece) => `            signature.update(${piece});`),
    '            try {',
    `                if (signature.verify(${decoders[encoding ?? 'hex']}(${given}))) return true;`,
    '            } catch (SignatureException | IllegalArgumentException malformed) {',
    '                // Another entry may be a signature.',
    '            }',
    '        }',
  ]
}

function tokenCheck(plan: Plan, { isDetached, isUnencoded, claims }: NonNullable<Plan['token']>): string[] {
  const { isSecret } = plan
  const { length } = prefixOf(plan)
  const [key, signatures] = isSecret ? [[], ''] : publicKey(plan)
  const encodedBody = 'Base64.getUrlEncoder().withoutPadding().encode(body)'
  const payload = isUnencoded ? 'body' : isDetached ? encodedBody : 'bytes(parts[1])'
  const update = (name: string): string[] => [
    `            ${name}.update(bytes(parts[0] + "."));`,
    `            ${name}.update(${payload});`,
  ]
  const check = isSecret
    ? [
        '            Mac mac = Mac.getInstance("HmacSHA256");',
        `            mac.init(new SecretKeySpec(${secretKey(plan)}, "HmacSHA256"));`,
        ...update('mac'),
        '            String expected = Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal());',
        '            if (!MessageDigest.isEqual(bytes(parts[2]), bytes(expected))) continue;',
      ]
    : [
        `            Signature signature = Signature.getInstance("${signatures}");`,
        '            signature.initVerify(key);',
        ...update('signature'),
        '            try {',
        '                if (!signature.verify(Base64.getUrlDecoder().decode(parts[2]))) continue;',
        '            } catch (SignatureException | IllegalArgumentException malformed) {',
        '                continue;',
        '            }',
      ]
  return [
    ...key,
    `        for (String given : ${signatureTexts(expressions, plan)}) {`,
    `            String[] parts = given${length === 0 ? '' : `.substring(Math.min(${length}, given.length()))`}.split(Pattern.quote("."), -1);`,
    `            if (parts.length != 3${isDetached ? ' || !parts[1].isEmpty()' : ''}) continue;`,
    ...check,
    ...(isDetached ? ['            return true;'] : claimLines(plan, claims)),
    '        }',
  ]
}

function claimLines(plan: Plan, claims: NonNullable<Plan['token']>['claims']): string[] {
  const compared = claims.map(
    ([name, piece]) => ` && claims.path(${quoted(name)}).asText().equals(${textOf(expressions, plan, piece)})`,
  )
  return [
    '            JsonNode claims = new ObjectMapper().readTree(Base64.getUrlDecoder().decode(parts[1]));',
    '            double seconds = now.toEpochMilli() / 1000.0;',
    `            if (claims.path("exp").asDouble(seconds) >= seconds${compared.join('')}) return true;`,
  ]
}

const textHelper = [
  '',
  '    private static String text(String given) {',
  '        return given == null ? "" : given;',
  '    }',
]
const bytesHelper = [
  '',
  '    private static byte[] bytes(String text) {',
  '        return text.getBytes(StandardCharsets.UTF_8);',
  '    }',
]
const sha256Helper = [
  '',
  '    private static byte[] sha256(byte[] bytes) throws GeneralSecurityException {',
  '        return MessageDigest.getInstance("SHA-256").digest(bytes);',
  '    }',
]
const crc32Helper = [
  '',
  '    private static String crc32(byte[] bytes) {',
  '        CRC32 checksum = new CRC32();',
  '        checksum.update(bytes);',
  '        return Long.toString(checksum.getValue());',
  '    }',
]
const entryHelper = [
  '',
  '    private static String entry(String header, String separator, String prefix) {',
  '        for (String one : header.split(Pattern.quote(separator))) {',
  '            if (one.startsWith(prefix)) return one.substring(prefix.length());',
  '        }',
  '        return "";',
  '    }',
]

function helpers(plan: Plan): string[] {
  const { has, isSecret, runs, token } = plan
  return [
    ...textHelper,
    ...(isSecret || token !== null || runs.some((run) => 'texts' in run) ? bytesHelper : []),
    ...(has.sha256 ? sha256Helper : []),
    ...(has.crc32 ? crc32Helper : []),
    ...(has.entries ? entryHelper : []),
  ]
}

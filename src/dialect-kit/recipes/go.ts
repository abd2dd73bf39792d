// Code of receivers in Go.

import {
  type Expressions,
  lines,
  negated,
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
  header: (name) => `headers.Get(${quoted(name)})`,
  entry: (header, separator, prefix) => `entry(${header}, ${quoted(separator)}, ${quoted(prefix)})`,
  member: (path) => `member(body, ${path.map((one) => JSON.stringify(one)).join(', ')})`,
  known: { url: 'url', webhookId: 'webhookID' },
  bodyText: 'string(body)',
  body: {
    sha256Hex: 'hex.EncodeToString(sha256Of(body))',
    sha256Base64: 'base64.StdEncoding.EncodeToString(sha256Of(body))',
    crc32: 'strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10)',
  },
  timestamp: 'timestamp',
  plus: ' + ',
  list: (texts) => `[]string{${texts.join(', ')}}`,
  split: (text, separator) => `strings.Split(${text}, ${quoted(separator)})`,
}

const times = {
  unixSeconds: ['seconds, err := strconv.ParseInt(timestamp, 10, 64)', 'time.Unix(seconds, 0)'],
  unixMilliseconds: ['milliseconds, err := strconv.ParseInt(timestamp, 10, 64)', 'time.UnixMilli(milliseconds)'],
  iso: ['sentAt, err := time.Parse(time.RFC3339, timestamp)', 'sentAt'],
} as const

export const go: Writer = (plan) => {
  const { isSecret, known, hasTime, token } = plan
  const { timestamp } = plan.recipe
  const parameters = [
    'headers http.Header',
    'body []byte',
    isSecret ? 'secret string' : 'publicKey string',
    ...known.map((one) => `${expressions.known[one]} string`),
    ...(hasTime ? ['now time.Time'] : []),
  ]
  const [parse, at] = times[timestamp?.form ?? 'unixSeconds']
  const code = lines(
    `// Verify needs the bytes of the request as they arrived.${isSecret ? ' It panics if the secret is empty.' : ''}`,
    `func Verify(${parameters.join(', ')}) bool {`,
    isSecret && secretLines(plan),
    timestamp && [
      `\ttimestamp := ${placeText(expressions, timestamp)}`,
      `\t${parse}`,
      `\tif err != nil || now.Sub(${at}).Abs() > 5*time.Minute {`,
      '\t\treturn false',
      '\t}',
    ],
    token !== null ? tokenCheck(plan, token) : isSecret ? comparison(plan) : publicKeyCheck(plan),
    '}',
    helpers(plan),
    '',
  )
  return lines('package webhook', '', 'import (', importsOf(code), ')', '', code)
}

/** The package of each name that stands in the code. */
const packages: Readonly<Record<string, string>> = {
  base64: 'encoding/base64',
  big: 'math/big',
  bytes: 'bytes',
  crc32: 'hash/crc32',
  ecdsa: 'crypto/ecdsa',
  ed25519: 'crypto/ed25519',
  fmt: 'fmt',
  hex: 'encoding/hex',
  hmac: 'crypto/hmac',
  http: 'net/http',
  json: 'encoding/json',
  pem: 'encoding/pem',
  rsa: 'crypto/rsa',
  sha1: 'crypto/sha1',
  sha256: 'crypto/sha256',
  sha512: 'crypto/sha512',
  slices: 'slices',
  strconv: 'strconv',
  strings: 'strings',
  time: 'time',
  x509: 'crypto/x509',
}

function importsOf(code: string): string[] {
  const used = Object.entries(packages).flatMap(([name, path]) =>
    new RegExp(String.raw`(?<![\w."])${name}\.[A-Z]`).test(code) ? [path] : [],
  )
  if (/crypto\.SHA256/.test(code)) used.push('crypto')
  return used.toSorted().map((path) => `\t"${path}"`)
}

const writes = (plan: Plan): string[] =>
  plan.runs.map((run) => {
    if ('texts' in run) return `[]byte(${runText(expressions, plan, run.texts)})`
    return run.bytes === 'body' ? 'body' : 'sha256Of(body)'
  })

const encoders = {
  hex: 'hex.EncodeToString',
  base64: 'base64.StdEncoding.EncodeToString',
  base64url: 'base64.RawURLEncoding.EncodeToString',
}

function comparison(plan: Plan): string[] {
  const { algorithm, encoding, user } = plan.recipe
  const prefix = prefixOf(plan)
  const before = prefix === '' ? '' : `${quoted(prefix)} + `
  const last = [
    `\tfor _, given := range ${signatureTexts(expressions, plan)} {`,
    '\t\tif hmac.Equal([]byte(given), []byte(expected)) {',
    '\t\t\treturn true',
    '\t\t}',
    '\t}',
    '\treturn false',
  ]
  if (algorithm === 'token') return [`\texpected := ${before}secret`, ...last]
  if (algorithm === 'basic') {
    const pair = `base64.StdEncoding.EncodeToString([]byte(${quoted(`${user}:`)} + secret))`
    return [`\texpected := ${before}"Basic " + ${pair}`, ...last]
  }
  return [
    `\tmac := hmac.New(${algorithm.slice('hmac-'.length)}.New, ${secretKey(plan)})`,
    ...writes(plan).map((piece) => `\tmac.Write(${piece})`),
    `\texpected := ${before}${encoders[encoding ?? 'hex']}(mac.Sum(nil))`,
    ...last,
  ]
}

/** An empty secret is refused: every sender could sign with it. */
function secretLines(plan: Plan): string[] {
  if (!plan.isDecoded) return ['\tif secret == "" {', '\t\tpanic("the secret is empty")', '\t}']
  return [
    `\tkey, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, ${quoted(secretPrefix(plan))}))`,
    '\tif err != nil || len(key) == 0 {',
    '\t\tpanic("the secret is empty, or not base64")',
    '\t}',
  ]
}

/** The expression of the key of an HMAC. */
function secretKey({ isDecoded }: Plan): string {
  return isDecoded ? 'key' : '[]byte(secret)'
}

const checks = {
  ed25519: ['ed25519.PublicKey', 'ed25519.Verify(key, signed, signature)'],
  'rsa-sha256': ['*rsa.PublicKey', 'rsa.VerifyPKCS1v15(key, crypto.SHA256, sha256Of(signed), signature) == nil'],
  der: ['*ecdsa.PublicKey', 'ecdsa.VerifyASN1(key, sha256Of(signed), signature)'],
  p1363: [
    '*ecdsa.PublicKey',
    'len(signature) == 64 && ecdsa.Verify(key, sha256Of(signed), new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))',
  ],
} as const

function checkOf({ recipe: { algorithm, ecdsaForm } }: Plan): (typeof checks)[keyof typeof checks] {
  return checks[ecdsaForm ?? (algorithm as 'ed25519' | 'rsa-sha256')]
}

function publicKey(plan: Plan): string[] {
  const [type] = checkOf(plan)
  return [
    '\tblock, _ := pem.Decode([]byte(publicKey))',
    '\tif block == nil {',
    '\t\treturn false',
    '\t}',
    '\tparsed, err := x509.ParsePKIXPublicKey(block.Bytes)',
    `\tkey, ok := parsed.(${type})`,
    '\tif err != nil || !ok {',
    '\t\treturn false',
    '\t}',
  ]
}

function publicKeyCheck(plan: Plan): string[] {
  const [, check] = checkOf(plan)
  const prefix = prefixOf(plan)
  const decode = encoders[plan.recipe.encoding ?? 'hex'].replace('EncodeToString', 'DecodeString')
  return [
    ...publicKey(plan),
    `\tsigned := slices.Concat(${writes(plan).join(', ')})`,
    `\tfor _, given := range ${signatureTexts(expressions, plan)} {`,
    ...(prefix === ''
      ? []
      : [`\t\tgiven, ok := strings.CutPrefix(given, ${quoted(prefix)})`, '\t\tif !ok {', '\t\t\tcontinue', '\t\t}']),
    `\t\tsignature, err := ${decode}(given)`,
    `\t\tif err == nil && ${check} {`,
    '\t\t\treturn true',
    '\t\t}',
    '\t}',
    '\treturn false',
  ]
}

function tokenCheck(plan: Plan, { isDetached, isUnencoded, claims }: NonNullable<Plan['token']>): string[] {
  const { isSecret } = plan
  const prefix = prefixOf(plan)
  const payload = isDetached ? 'base64.RawURLEncoding.EncodeToString(body)' : 'parts[1]'
  const compared = claims.map(
    ([name, piece]) => ` && fmt.Sprint(claims[${quoted(name)}]) == ${textOf(expressions, plan, piece)}`,
  )
  const [, check] = isSecret ? ['', 'hmac.Equal(signature, mac.Sum(nil))'] : checkOf(plan)
  return [
    ...(isSecret ? [] : publicKey(plan)),
    `\tfor _, given := range ${signatureTexts(expressions, plan)} {`,
    `\t\tparts := strings.Split(${prefix === '' ? 'given' : `strings.TrimPrefix(given, ${quoted(prefix)})`}, ".")`,
    `\t\tif len(parts) != 3${isDetached ? ' || parts[1] != ""' : ''} {`,
    '\t\t\tcontinue',
    '\t\t}',
    `\t\tsigned := ${isUnencoded ? 'append([]byte(parts[0]+"."), body...)' : `[]byte(parts[0] + "." + ${payload})`}`,
    ...(isSecret ? [`\t\tmac := hmac.New(sha256.New, ${secretKey(plan)})`, '\t\tmac.Write(signed)'] : []),
    '\t\tsignature, err := base64.RawURLEncoding.DecodeString(parts[2])',
    ...(isDetached
      ? [`\t\tif err == nil && ${check} {`, '\t\t\treturn true', '\t\t}']
      : [
          `\t\tif err != nil || ${negated(check)} {`,
          '\t\t\tcontinue',
          '\t\t}',
          '\t\tpayload, _ := base64.RawURLEncoding.DecodeString(parts[1])',
          '\t\tdecoder := json.NewDecoder(bytes.NewReader(payload))',
          '\t\tdecoder.UseNumber()',
          '\t\tclaims := map[string]any{}',
          '\t\tif decoder.Decode(&claims) != nil {',
          '\t\t\tcontinue',
          '\t\t}',
          '\t\tends, _ := claims["exp"].(json.Number)',
          '\t\texp, err := ends.Float64()',
          '\t\tisOver := err == nil && float64(now.UnixMilli())/1000 > exp',
          `\t\tif !isOver${compared.join('')} {`,
          '\t\t\treturn true',
          '\t\t}',
        ]),
    '\t}',
    '\treturn false',
  ]
}

function helpers({ recipe, has, isSecret }: Plan): string[] {
  return [
    ...(has.sha256 || (!isSecret && recipe.algorithm !== 'ed25519')
      ? ['', 'func sha256Of(bytes []byte) []byte {', '\tsum := sha256.Sum256(bytes)', '\treturn sum[:]', '}']
      : []),
    ...(has.entries
      ? [
          '',
          'func entry(header, separator, prefix string) string {',
          '\tfor _, one := range strings.Split(header, separator) {',
          '\t\tif text, ok := strings.CutPrefix(one, prefix); ok {',
          '\t\t\treturn text',
          '\t\t}',
          '\t}',
          '\treturn ""',
          '}',
        ]
      : []),
    ...(has.members ? memberHelper : []),
  ]
}

const memberHelper = [
  '',
  'func member(body []byte, path ...any) string {',
  '\tvar value any',
  '\tdecoder := json.NewDecoder(bytes.NewReader(body))',
  '\tdecoder.UseNumber()',
  '\tif decoder.Decode(&value) != nil {',
  '\t\treturn ""',
  '\t}',
  '\tfor _, name := range path {',
  '\t\tif object, ok := value.(map[string]any); ok {',
  '\t\t\tvalue = object[fmt.Sprint(name)]',
  '\t\t} else if list, ok := value.([]any); ok {',
  '\t\t\tindex, _ := name.(int)',
  '\t\t\tif index >= len(list) {',
  '\t\t\t\treturn ""',
  '\t\t\t}',
  '\t\t\tvalue = list[index]',
  '\t\t}',
  '\t}',
  '\tif value == nil {',
  '\t\treturn ""',
  '\t}',
  '\treturn fmt.Sprint(value)',
  '}',
]

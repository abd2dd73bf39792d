// A draft of a dialect: the code of each part, and the reason where it is a guess. It is written as a TypeScript file, in
// which `// GUESS:` marks each guess.

/** The code of a part. `guess`: why it may be wrong. */
export interface Code {
  readonly code: string
  readonly guess?: string
}

export interface Draft {
  readonly name: string
  readonly title: Code
  readonly version: string
  /** The paths below which everything belongs to the product. */
  readonly prefix: Code
  readonly ids: Readonly<Record<'tenant' | 'endpoint' | 'event', Code>>
  readonly keyForm: Code
  readonly authentication: Code
  /** The ways in which customers write bodies; null: as JSON. */
  readonly requests: Code | null
  /** Descriptions by event type, as texts. */
  readonly events: { readonly types: Readonly<Record<string, string>>; readonly guess?: string }
  readonly fields: Readonly<Record<string, Code>>
  readonly routes: Readonly<Record<string, Code>>
  /** Operations that the draft leaves out, with the reason. */
  readonly leftOut: readonly string[]
  readonly errors: Code
  readonly body: Code
  readonly headers: Readonly<Record<string, Code>>
  /** The headers of a signature scheme, such as `...sign.standardWebhooks()`. */
  readonly signature: Code
  readonly secrets: Code
  readonly timeout: Code
  readonly waits: Code
}

/** A text as code. */
export function quoted(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", String.raw`\'`)
  return `'${escaped.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)}'`
}

/** The name of a member as code. */
export function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

/** A value as code. */
export function valueCode(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(valueCode).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).map(([name, member]) => `${memberName(name)}: ${valueCode(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** The draft as a TypeScript file. */
export function fileOf(draft: Draft): string {
  const { name, title, version, prefix, ids, events, fields, routes, deliveries } = { ...draft, deliveries: draft }
  const code = [
    `defineDialect({`,
    `  name: ${quoted(name)},`,
    line('  ', 'title', title),
    line('  ', 'api', {
      ...prefix,
      code: `{ title: ${title.code}, version: ${quoted(version)}, prefixes: [${prefix.code}] }`,
    }),
    ...block('  ', 'ids', ids),
    line('  ', 'keys', { ...draft.keyForm, code: `{ form: ${draft.keyForm.code} }` }),
    line('  ', 'authentication', draft.authentication),
    ...(draft.requests === null ? [] : [line('  ', 'requests', draft.requests)]),
    ...block('  ', 'events', eventsOf(events)),
    `  testEvent: ({ eventTypes: [type = ${quoted(Object.keys(events.types)[0] ?? '')}] }) => ({ type, data: { test: true } }),`,
    ...block('  ', 'endpoint', fields),
    ...block('  ', 'routes', routes),
    ...draft.leftOut.map((text) => `  // GUESS: ${commentOf(text)}`),
    line('  ', 'errors', draft.errors),
    `  deliveries: {`,
    line('    ', 'body', deliveries.body),
    ...headerBlock(draft),
    line('    ', 'secrets', deliveries.secrets),
    line('    ', 'timeout', deliveries.timeout),
    line('    ', 'waits', deliveries.waits),
    `  },`,
    `})`,
  ].join('\n')
  return `// ${commentOf(`${title.code.slice(1, -1)}, as a dialect of Posthorn. Every guess is marked: replace it, and remove the mark.`)}

import { ${importsOf(code).join(', ')} } from 'posthorn/dialect'

export default ${code}
`
}

/** How many guesses are marked in a file. */
export function guessesIn(file: string): number {
  return file.split('// GUESS: ').length - 1
}

function line(indent: string, name: string, { code, guess }: Code): string {
  const mark = guess === undefined ? '' : ` // GUESS: ${commentOf(guess)}`
  return `${indent}${memberName(name)}: ${code},${mark}`
}

function block(indent: string, name: string, members: Readonly<Record<string, Code>>): readonly string[] {
  const lines = Object.entries(members).map(([member, code]) => line(`${indent}  `, member, code))
  return [`${indent}${name}: {`, ...lines, `${indent}},`]
}

function eventsOf({ types, guess }: Draft['events']): Readonly<Record<string, Code>> {
  const entries = Object.entries(types).map(([type, description], index) => {
    return [type, { code: quoted(description), ...(index === 0 && guess !== undefined && { guess }) }] as const
  })
  return Object.fromEntries(entries)
}

function headerBlock({ headers, signature }: Draft): readonly string[] {
  const named = Object.entries(headers).map(([name, code]) => line('      ', name, code))
  const { code, guess } = signature
  const mark = guess === undefined ? '' : ` // GUESS: ${commentOf(guess)}`
  return ['    headers: {', ...named, `      ${code},${mark}`, '    },']
}

/** The text in one line, so that it stays inside its comment. */
function commentOf(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')
}

const exported = [
  'auth',
  'body',
  'defineDialect',
  'errors',
  'event',
  'json',
  'pages',
  'secrets',
  'sentAt',
  'sign',
  'text',
  'webhooks',
]

function importsOf(code: string): readonly string[] {
  const withoutTexts = code.replaceAll(/'(?:[^'\\]|\\.)*'/g, "''").replaceAll(/\/\/.*/g, '')
  return exported.filter((name) => new RegExp(`(?:^|[^\\w.']|\\.\\.\\.)${name}\\b(?!['\\w:])`).test(withoutTexts))
}

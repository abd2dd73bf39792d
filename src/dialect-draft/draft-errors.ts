// The errors of a draft, from the schema of a refusal.

import { type Code, memberName, valueCode } from './draft.ts'
import { exampleOf, merged, type Operation, type Schema, schemaOf, typeOf } from './openapi.ts'
import { guess } from './plain-draft.ts'

/** The answers that tell the form of errors, the most telling one first. */
const statuses = ['404', '400', '422', '401', '403', 'default'] as const

/** The errors in the form of the document; null: it has no schema of an error. */
export function errorsFrom(operations: readonly Operation[]): Code | null {
  for (const status of statuses) {
    for (const { responses = {} } of operations) {
      const schema = schemaOf(responses[status]?.content)
      if (schema?.properties !== undefined) return codeOf(schema, status)
    }
  }
  return null
}

function codeOf(schema: Schema, status: string): Code {
  const facts = new Set<string>()
  const body = bodyOf(schema, '', facts)
  const given = facts.size === 0 ? '' : `{ ${[...facts].toSorted().join(', ')} }`
  const code = `errors.own<{ code: string }>({ otherwise: { code: 'error' }, body: (${given}) => (${body}) })`
  return guess(code, `the form is that of ${status}; your codes and messages are missing`)
}

/** The code of a member of an error. `facts` collects the names that the code uses. */
function bodyOf(schema: Schema, name: string, facts: Set<string>): string {
  const type = typeOf(schema)
  if (type === 'object') {
    const members = Object.entries(schema.properties ?? {}).map(
      ([member, inner]) => `${memberName(member)}: ${bodyOf(merged(inner), member, facts)}`,
    )
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
  }
  const use = (fact: string, code = fact): string => {
    facts.add(fact)
    return code
  }
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '')
  if (/retryafter/.test(plain)) return use('retryAfterSeconds')
  if (type === 'boolean') return 'false'
  if (type === 'array') return '[]'
  if (type === 'integer' || type === 'number') return use('status')
  if (/requestid|traceid|correlationid/.test(plain)) return use('request', 'request.id')
  if (/code$|^error$|^type$|^kind$/.test(plain)) return use('code')
  if (schema.enum !== undefined) return valueCode(schema.enum[0])
  const example = exampleOf(schema)
  return /url|link|doc/.test(plain) && typeof example === 'string' ? valueCode(example) : use('message')
}

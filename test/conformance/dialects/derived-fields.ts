// The accepted and the refused values of each field that customers write, from its kind and its schema.

import { Compile } from 'typebox/schema'
import type { TSchema } from 'typebox'
import type { Schema } from '../../../src/dialect-check/document.ts'
import type { Served, Subject } from '../../../src/dialect-check/subject.ts'
import { valueOf } from '../../../src/dialect-check/values.ts'
import { limits } from '../../../src/domain/limits.ts'
import { type Field as Defined, isRequired, isTaken, placeOf } from '../../../src/dialect-kit/fields/fields.ts'
import type { Field, FieldValue } from './profile.ts'

type Values = Pick<Field, 'good' | 'wrong'>

const prefix = 'https://example.com/'
const anyValues: readonly unknown[] = [null, 5, 1.5, true, 'a text', '', [], [5], [null], {}, { 0: 'a text' }]

export function derivedFields(subject: Subject, create: Served): readonly Field[] {
  const { properties = {} } = subject.requestSchema(create)
  return Object.entries(subject.definition.endpoint)
    .filter(([, field]) => field.on !== undefined && placeOf(field) === 'body' && field.key !== true)
    .map(([name, field]) => {
      const schema = properties[name] ?? {}
      const { good, wrong } = valuesOf(subject, field, schema)
      return { name, onCreate: when(field, 'create'), onChange: when(field, 'change'), good, wrong }
    })
}

function when(field: Defined, request: 'create' | 'change'): Field['onCreate'] {
  if (!isTaken(field, request)) return 'none'
  return isRequired(field, request) ? 'required' : 'optional'
}

function valuesOf(subject: Subject, field: Defined, schema: Schema): Values {
  const inner = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema
  const own = ownValues(subject, field, inner)
  // A field that takes nothing more than its schema says has no other wrong values.
  const validator = Compile(schema as unknown as TSchema)
  const ofType = field.is === 'enabled' || Object.keys(schema).length > 0 ? anyValues : []
  const wrong = [...ofType.filter((value) => !validator.Check(value)), ...own.wrong]
  const good = [...own.good, ...(field.nullable ? [null] : [])]
  return { good: good.map(titled), wrong: wrong.map(titled) }
}

function titled(value: unknown): FieldValue {
  if (typeof value === 'object' && value !== null && 'written' in value) {
    const { written, shown } = value as { readonly written: unknown; readonly shown: unknown }
    return { ...titled(written), shown }
  }
  return { title: (JSON.stringify(value) ?? 'nothing').slice(0, 60), value }
}

interface Own {
  /** A value that is shown in another form: `{ written, shown }`. */
  readonly good: readonly unknown[]
  readonly wrong: readonly unknown[]
}

function ownValues(subject: Subject, field: Defined, schema: Schema): Own {
  const { dialect } = subject
  switch (field.is) {
    case 'url':
      return urls(Math.min(schema.maxLength ?? Infinity, dialect.endpointRules.urlCharsMax))
    case 'description': {
      const most = Math.min(schema.maxLength ?? Infinity, dialect.endpointRules.descriptionCharsMax)
      return { good: ['d'.repeat(most), 'Größe 🎺 "quoted"\n\\ </script>', ''], wrong: ['d'.repeat(most + 1)] }
    }
    case 'eventType':
      return { good: subject.eventTypes, wrong: dialect.openCatalogue ? [] : ['no.such.type', '*', 'a.*'] }
    case 'eventTypes':
      return eventTypes(subject, field)
    case 'enabled':
      return field.words === undefined
        ? { good: [false, true], wrong: [] }
        : { good: field.words.toReversed(), wrong: ['no such word'] }
    case 'secret': {
      const { maxLength = 0 } = schema
      const atLimit = 's'.repeat(maxLength)
      return {
        good: [subject.newSecret(), ...(maxLength > 0 ? [atLimit] : [])],
        wrong: maxLength > 0 ? [`${atLimit}s`] : [],
      }
    }
    case 'secrets': {
      const many = (count: number) => Array.from({ length: count }, () => subject.newSecret())
      return { good: [many(1), many(2)], wrong: [many(limits.secretsPerEndpointMax + 1), ['\ud83d']] }
    }
    case 'headers':
      return {
        good: [
          { 'X-Check': 'a value' },
          { 'x-lower': ' spaces\taround ', 'X-B': '!' },
          { written: {}, shown: undefined },
        ],
        wrong: [{ 'X-A': 'line\r\nbreak' }, { Host: 'example.com' }, { 'X-a b': 'v' }, { 'X-A': '1', 'x-a': '2' }],
      }
    default:
      return { good: [valueOf(schema)], wrong: [] }
  }
}

function urls(most: number): Own {
  return {
    good: [
      prefix.padEnd(most, 'a'),
      'https://example.com:8443/hooks/in?a=1&b=%20',
      'HTTPS://Example.COM/Path',
      'http://example.com/hook',
    ],
    wrong: [
      prefix.padEnd(most + 1, 'a'),
      'example.com/hook',
      'https://',
      'ftp://example.com/hook',
      'javascript:alert(1)',
      'https://user:password@example.com/',
      'https://example.com/a b',
      'https://example.com/\n',
      'https://10.0.0.1/',
      'https://012.0.0.1/',
      'https://169.254.169.254/latest',
      'https://[fd00::1]/',
    ],
  }
}

function eventTypes({ dialect, eventTypes: types }: Subject, field: Extract<Defined, { is: 'eventTypes' }>): Own {
  const { wildcards, eventTypesAsWritten: asWritten = false } = dialect.endpointRules
  const [one, two = one] = types
  const most = limits.eventTypesPerEndpointMax
  const twice = [two, one, two]
  const shown = [...new Set(twice)]
  const many = (count: number) => Array.from({ length: count }, (_, index) => types[index % types.length])
  return {
    good: [
      types.slice(0, 4).toReversed(),
      asWritten ? twice : { written: twice, shown },
      asWritten ? many(most) : { written: many(most), shown: [...new Set(many(most))] },
      ...(wildcards === 'none' || field.all !== undefined ? [] : [['*']]),
      ...(asWritten || field.all === 'empty' ? [[]] : []),
    ],
    wrong: [
      many(most + 1),
      [one, 5],
      [null],
      [''],
      ...(dialect.openCatalogue ? [] : [[one, 'no.such.type'], [one.toUpperCase()], ['call.*']]),
      ...(wildcards === 'none' ? [['*']] : []),
      ...(asWritten || field.all === 'empty' ? [] : [[]]),
    ],
  }
}

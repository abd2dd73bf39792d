// Request bodies as data: the fields of a route's body, with values that are accepted and values that are refused.

import { suite } from 'node:test'
import { type ApiCase, testCases } from './api-case.ts'
import type { SharedApiRig } from './api-rig.ts'

/** The value of a field that the body does not have. */
export const absent = Symbol('absent')

export interface ApiForm {
  readonly name: string
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  /** The status of the answer to an accepted body. */
  readonly status: number
  /** Returns an accepted body. Called once for each case. */
  readonly valid: () => Readonly<Record<string, unknown>>
  readonly required: readonly string[]
  /** Accepted values, by field. */
  readonly good: Readonly<Record<string, readonly unknown[]>>
  /** Refused values, by field: `[value]`, or `[value, name]` if the error names another field. */
  readonly bad: Readonly<Record<string, readonly (readonly unknown[])[]>>
}

/** Registers one test per value, per missing field and for an unknown field. */
export function testForms(rig: SharedApiRig, forms: readonly ApiForm[]): void {
  for (const form of forms) suite(form.name, () => testCases(rig, casesOf(form)))
}

function casesOf({ method, path, status, valid, required, good, bad }: ApiForm): ApiCase[] {
  const bodyWith = (field: string, value: unknown): Record<string, unknown> => {
    const body = Object.entries({ ...valid(), [field]: value })
    return Object.fromEntries(body.filter(([, one]) => one !== absent))
  }
  const accepted = (name: string, body: unknown): ApiCase => ({ name, method, path, body, status })
  const refused = (name: string, body: unknown, field: string): ApiCase => {
    return { name, method, path, body, status: 400, code: 'invalid', fields: [field] }
  }
  return [
    accepted('valid', valid()),
    refused('with an unknown field', { ...valid(), surprise: 1 }, 'surprise'),
    ...required.map((field) => refused(`without ${field}`, bodyWith(field, absent), field)),
    ...Object.entries(good).flatMap(([field, values]) =>
      values.map((value) => accepted(`${field} ${shown(value)}`, bodyWith(field, value))),
    ),
    ...Object.entries(bad).flatMap(([field, values]) =>
      values.map(([value, named = field]) =>
        refused(`not ${field} ${shown(value)}`, bodyWith(field, value), String(named)),
      ),
    ),
  ]
}

function shown(value: unknown): string {
  return value === absent ? 'absent' : JSON.stringify(value).slice(0, 40)
}

/** Values that every text field refuses. */
export const noText = [[1], [true], [{}], [[]]] as const

/** Values that every time field refuses. The last one is a leap second, which a Date cannot represent. */
export const noTime = [
  ['yesterday'],
  ['2026-01-31'],
  ['2026-01-31T10:00:00'],
  ['2026-02-30T10:00:00Z'],
  [1767225600000],
  [null],
  ['2016-12-31T23:59:60Z'],
] as const

export const time = '2026-01-31T10:00:00.123+02:00'

export function texts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `type.${index}`)
}

/** An object with `count` fields, all with the same text. */
export function textMap(count: number, value: string = 'v'): Record<string, string> {
  return Object.fromEntries(texts(count).map((name) => [name.replace('.', ''), value]))
}

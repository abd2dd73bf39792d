// Forms as data: a route's body, its fields, and values of each that are accepted and refused.

import { suite } from 'node:test'
import { type ApiCase, testCases } from './api-case.ts'
import type { ApiRig } from './api-rig.ts'

/** Stands for a field that is not there. */
export const absent = Symbol('absent')

export interface ApiForm {
  readonly name: string
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  /** The status of what is accepted. */
  readonly status: number
  /** A body that is accepted, made anew for each case. */
  readonly valid: () => Readonly<Record<string, unknown>>
  readonly required: readonly string[]
  /** By field: values that are accepted. */
  readonly good: Readonly<Record<string, readonly unknown[]>>
  /** By field: values that are refused, each with the field that is named, if it is another. */
  readonly bad: Readonly<Record<string, readonly (readonly unknown[])[]>>
}

/** One test per value, and per field that is missing or unknown. */
export function testForms(rig: ApiRig, forms: readonly ApiForm[]): void {
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
    accepted('as it should be', valid()),
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

/** What no field takes that wants a text. */
export const noText = [[1], [true], [{}], [[]]] as const

/** What no field takes that wants a time: the last is a leap second, which no Date can hold. */
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

/** An object of `count` texts. */
export function textMap(count: number, value: string = 'v'): Record<string, string> {
  return Object.fromEntries(texts(count).map((name) => [name.replace('.', ''), value]))
}

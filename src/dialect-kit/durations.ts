// Spans of time as texts: `20s`, `5m`, `2h`, `1d`.

import { day, hour, minute, second } from '../domain/time.ts'
import { DefinitionError } from './definition-error.ts'

export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const units: Readonly<Record<string, number>> = { ms: 1, s: second, m: minute, h: hour, d: day }

/** @param field the place in the definition, for the error @throws DefinitionError */
export function durationMs(text: string, field: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  const scale = units[unit]
  if (number === undefined || scale === undefined) {
    throw new DefinitionError(field, `${JSON.stringify(text)} is not a time such as 500ms, 20s, 5m, 2h or 1d`)
  }
  return Number(number) * scale
}

/** A list of spans with blanks between them. @throws DefinitionError */
export function durationsMs(text: string, field: string): readonly number[] {
  return text
    .split(/\s+/)
    .filter((one) => one !== '')
    .map((one) => durationMs(one, field))
}

// The functions of a dialect may throw. A fault then costs one request or one delivery, and it names the dialect and the
// field of its definition. It does not quote the thrown message: the message may hold a secret or the data of an event.

import { Unavailable } from '../domain/unavailable.ts'
import { ProblemError } from '../http/problem-error.ts'
import type { DialectDefinition } from './definition.ts'
import { DefinitionError } from './definition-error.ts'

/** A function of a dialect threw, or a part of the kit that it misused. */
export class DialectFault extends Error {
  override readonly name = 'DialectFault'

  /** @param field the place in the definition, such as `deliveries.body.encode` */
  constructor(dialect: string, field: string, thrown: unknown) {
    const kind = thrown instanceof Error ? thrown.name : typeof thrown
    const frames = framesOf(thrown)
    // Functions of JavaScript itself, such as JSON.parse, have no line.
    const frame = frames.find((one) => !one.includes('<anonymous>')) ?? ''
    const place = /([^/\\]+:\d+):\d+\)?$/.exec(frame)?.[1]
    super(`the dialect ${dialect} failed in ${field}: ${kind}${place === undefined ? '' : ` at ${place}`}`)
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n')
  }
}

/** The lines of a stack without the message, which comes first. */
function framesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error)) return []
  const { stack = '', message } = thrown
  const afterMessage = message === '' ? stack : stack.slice(stack.indexOf(message) + message.length)
  return afterMessage.split('\n').filter((line) => /^\s+at /.test(line))
}

/** The definition, with each function replaced by one that throws only `DialectFault`. */
export function guarded(definition: DialectDefinition): DialectDefinition {
  const { name, errors, routes, ...rest } = definition
  const call = <Call extends AnyFunction>(field: string, made: Call): Call => guardedCall(name, field, made, undefined)
  const operations = Object.entries(routes).map(([at, operation]) => {
    const field = `routes[${JSON.stringify(at)}]`
    const route = call(field, (kit: Parameters<typeof operation.route>[0]) => {
      const parts = operation.route(kit)
      return { ...parts, handle: call(field, parts.handle) }
    })
    const { check } = operation
    return [at, { ...operation, route, ...(check && { check: call(`${field}.check`, check) }) }] as const
  })
  return {
    ...(guardedMembers(name, '', rest) as typeof rest),
    name,
    errors: { ...errors, answerWith: (vendorName) => call('errors', errors.answerWith(vendorName)) },
    routes: Object.fromEntries(operations),
  }
}

type AnyFunction = (...args: never[]) => unknown

function guardedMembers(dialect: string, field: string, value: unknown): unknown {
  if (!isPlainObject(value)) return value
  let changed = false
  const members = Object.entries(value).map(([name, member]) => {
    const place = fieldOf(field, name)
    const safe =
      typeof member === 'function'
        ? guardedCall(dialect, place, member as AnyFunction, value)
        : guardedMembers(dialect, place, member)
    changed ||= safe !== member
    return [name, safe] as const
  })
  // Schemas have hidden members that a copy would lose.
  return changed ? Object.fromEntries(members) : value
}

/** @param field the place in the definition @param owner `this` of the function */
export function guardedCall<Call extends AnyFunction>(
  dialect: string,
  field: string,
  call: Call,
  owner: unknown,
): Call {
  const faultOf = (thrown: unknown): unknown => (isKnown(thrown) ? thrown : new DialectFault(dialect, field, thrown))
  const safe = (...args: never[]): unknown => {
    try {
      const result = call.apply(owner, args)
      if (!(result instanceof Promise)) return result
      return result.catch((thrown: unknown) => {
        throw faultOf(thrown)
      })
    } catch (thrown) {
      throw faultOf(thrown)
    }
  }
  return safe as Call
}

/** Exceptions that are not about the dialect. */
function isKnown(thrown: unknown): boolean {
  return [DialectFault, DefinitionError, Unavailable, ProblemError].some((known) => thrown instanceof known)
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function fieldOf(outer: string, name: string): string {
  if (outer === '') return name
  return /^\w+$/.test(name) ? `${outer}.${name}` : `${outer}[${JSON.stringify(name)}]`
}

// A place of a delivery without a part, most often because the name of the part is misspelt.

import { DefinitionError } from '../definition-error.ts'
import { withArticle } from '../shape.ts'

/** A time has its forms as members, and is no part itself. */
export function isTime(given: unknown): boolean {
  return isObject(given) && 'isoWithOffset' in given
}

export function isObject(given: unknown): given is object {
  return typeof given === 'object' && given !== null
}

/** @param place its place in the definition @param or what else may stand there */
export function noPart(place: string, given: unknown, or = 'a text'): DefinitionError {
  if (isTime(given)) {
    return new DefinitionError(place, 'is a time without its form, as in event.occurredAt.iso or sentAt.unixSeconds')
  }
  if (typeof given === 'function') {
    return new DefinitionError(place, "is a function that was not called; call it, as in event.member('order.id')")
  }
  if (isObject(given) && 'sign' in given) {
    return new DefinitionError(place, 'is a signer; the part with its signature is sign.newest(sign.hmac())')
  }
  const found = given === undefined || given === null ? String(given) : withArticle(typeof given)
  return new DefinitionError(place, `is ${found}; it must be a part such as event.id, or ${or}`)
}

// Groups of the kit, such as `webhooks` and `event`, for dialect files that no compiler of types has read: a misspelt name is
// refused where it stands.

import { DefinitionError } from './definition-error.ts'
import { unknownName } from './shape.ts'

/**
 * The group. A name that it does not have is a DefinitionError.
 *
 * @param name the name of the group in dialect files, for errors
 */
export function withKnownNames<Group extends object>(name: string, group: Group): Group {
  return new Proxy(group, {
    get(members, member) {
      if (typeof member === 'string' && !Object.hasOwn(members, member)) {
        throw unknownName(`${name}.${member}`, Object.keys(members))
      }
      return Reflect.get(members, member) as unknown
    },
  })
}

/** @param call the function that takes the name as its argument @throws DefinitionError it was called without a name */
export function checkName(call: string, name: unknown, example: string): void {
  if (typeof name !== 'string' || name === '') throw new DefinitionError(call, `needs a name, such as '${example}'`)
}

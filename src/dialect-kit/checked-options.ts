// The options of the kit's functions, for dialect files that no compiler of types has read: an option that is misspelt or of
// another kind is refused, and the error names it.

import { withKnownNames } from './known-names.ts'
import { checkMembers, type Shape } from './shape.ts'

type AnyShape = Shape<Readonly<Record<string, unknown>>>
type Call = (...args: never[]) => unknown

/** The shapes of the parameters of a function that are options, by the position of the parameter. */
type Options<Of extends Call> = {
  readonly [Position in Extract<keyof Parameters<Of>, `${number}`>]?: Shape<Extract<Parameters<Of>[Position], object>>
}

/** The last parameter of a function; never: it has none, or any number of them. */
type Last<Of> = Of extends (...args: infer Given) => unknown
  ? Required<Given> extends [...infer _Before, infer One]
    ? One
    : never
  : never
type NameWithOptions<Group> = {
  [Name in keyof Group]: [Last<Group[Name]>] extends [never] ? never : Last<Group[Name]> extends object ? Name : never
}[keyof Group]

/** The options of a group of functions. Null: the last parameter of the function is no set of options. */
export type GroupOptions<Group> = {
  readonly [Name in NameWithOptions<Group>]: Group[Name] extends Call ? Options<Group[Name]> | null : never
}

/**
 * The functions of a group, each of which checks its options first. Other names are refused.
 *
 * @param group the name of the group in dialect files, for errors
 */
export function withCheckedOptions<Group extends object>(
  group: string,
  functions: Group,
  options: GroupOptions<Group>,
): Group {
  const shapes = options as Readonly<Record<string, Readonly<Record<string, AnyShape>> | null>>
  const checked = Object.entries(functions).map(([name, given]: [string, unknown]) => {
    const positions = Object.entries(shapes[name] ?? {})
    if (typeof given !== 'function' || positions.length === 0) return [name, given] as const
    const call = (...args: unknown[]): unknown => {
      for (const [position, shape] of positions) checkMembers(`${group}.${name}`, args[Number(position)] ?? {}, shape)
      return given(...args) as unknown
    }
    return [name, Object.assign(call, given)] as const
  })
  return withKnownNames(group, Object.fromEntries(checked) as Group)
}

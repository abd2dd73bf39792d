// The profiles of the shipped dialects, by name.

import { derivedProfile } from '../conformance/dialects/derived-profile.ts'
import type { Profile } from '../conformance/dialects/profile.ts'
import { DefinedDialect } from '../../src/dialect-kit/define-dialect.ts'
import { registry } from '../../src/dialects/registry.ts'
import { standardProfile } from './standard/profile.ts'

const made = await Promise.all(
  registry.map(async (one) =>
    one instanceof DefinedDialect ? ((await derivedProfile(one)) ?? []) : [standardProfile],
  ),
)
/** Without the dialects whose APIs lack an operation of the suite. */
export const profiles: readonly Profile[] = made.flat()

/** @throws Error if there is no such profile */
export function profileOf(name: string): Profile {
  const found = profiles.find(({ dialect }) => dialect.name === name)
  if (found === undefined) throw new Error(`there is no profile of ${name}`)
  return found
}

// All dialects, one line each. A front is the API for a dialect's customers. `standard` has no front: its customers use
// the operator API's paths.

import type { DialectFront } from '../front/dialect-front.ts'
import type { Context } from '../operations/context.ts'
import { alloFront } from './allo/routes.ts'
import { allo } from './allo/wire.ts'
import type { Dialect } from '../contracts/dialect.ts'
import { dialnexaFront } from './dialnexa/routes.ts'
import { dialnexa } from './dialnexa/wire.ts'
import { partooFront } from './partoo/routes.ts'
import { partoo } from './partoo/wire.ts'
import { standard } from './standard/wire.ts'
import { stornoFront } from './storno/routes.ts'
import { storno } from './storno/wire.ts'
import { ultravoxFront } from './ultravox/routes.ts'
import { ultravox } from './ultravox/wire.ts'

export interface Registration {
  readonly dialect: Dialect
  readonly front: ((context: Context) => DialectFront) | null
}

export const registry: readonly Registration[] = [
  { dialect: standard, front: null },
  { dialect: allo, front: alloFront },
  { dialect: dialnexa, front: dialnexaFront },
  { dialect: partoo, front: partooFront },
  { dialect: storno, front: stornoFront },
  { dialect: ultravox, front: ultravoxFront },
]

/** The dialect whose customers use the operator API's paths. */
export const ownDialect = standard.name

// The context of operations, for tests that call operations without an API.

import { randomBytes } from 'node:crypto'
import { standard } from '../../src/dialects/standard/standard.ts'
import { type Context, createContext } from '../../src/operations/context.ts'
import type { Rig } from './engine-rig.ts'

export function contextOf({ store, engine, seals, observer, clock, installationKeys }: Rig): Context {
  const dialects = new Map([[standard.name, standard]])
  return createContext({
    store,
    engine,
    seals,
    observer,
    dialects,
    allDialects: dialects,
    installationKeys,
    egress: { refusesUrl: () => null },
    encodeRequest: () => null,
    clock,
    randomBytes,
    allowHttp: false,
  })
}

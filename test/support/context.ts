// What operations work with, for tests that call them without an API.

import { randomBytes } from 'node:crypto'
import { standard } from '../../src/dialects/standard/wire.ts'
import type { Context } from '../../src/operations/context.ts'
import { KeyRing } from '../../src/operations/key-ring.ts'
import { Replays } from '../../src/operations/replays.ts'
import { createVault } from '../../src/vault/vault.ts'
import type { Rig } from './engine-rig.ts'

export function contextOf({ store, engine, directory, clock }: Rig): Context {
  return {
    store,
    engine,
    directory,
    keys: new KeyRing(store, { epoch: () => 1 }),
    replays: new Replays(),
    vault: createVault([randomBytes(32)]),
    dialects: new Map([[standard.name, standard]]),
    publicKeys: new Map(),
    egress: { refusesUrl: () => null },
    clock,
    randomBytes,
    allowHttp: false,
  }
}

// A server that loads this module first (NODE_OPTIONS) accepts events before their commit. The commit runs 100 ms
// later, and its result is ignored. Only for the controls that show that the tests find such a server.

import { setTimeout as sleep } from 'node:timers/promises'
import { Engine } from '../../src/engine/engine.ts'
import type { Accepted } from '../../src/engine/accept.ts'

const lateMs = 100

// oxlint-disable-next-line typescript/unbound-method -- it is called with the engine below
const accept = Engine.prototype.accept
Engine.prototype.accept = function (drafts) {
  void sleep(lateMs).then(() => accept.call(this, drafts).catch(() => null))
  return Promise.resolve(drafts.map((): Accepted => ({ kind: 'stored', deliveries: [], count: 0 })))
}

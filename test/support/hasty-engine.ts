// Loaded into a server before all else (NODE_OPTIONS), it makes it accept events that are not committed yet: that happens
// a moment later, and nobody asks how it ends. Only for the controls that show that such a server is found out.

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

// The network between a node and its receivers. Requests and responses take time. A request that a node sent before it
// crashed may arrive or not. While the egress proxy is away, no request leaves.

import type { Sender, SendResult } from '../../src/contracts/transport.ts'
import type { Doer, Surroundings } from './surroundings.ts'

export function networkOf(world: Surroundings, life: Doer): Sender {
  return {
    send(request, done) {
      if (!world.proxyUp) {
        world.trace(() => `${life.name} ${request.url} → the egress proxy is away`)
        world.time.after(world.latencyMs(), () => life.enter(() => done({ notSent: 'away' })))
        return
      }
      const sent = world.ledger.sent(life, request)
      const survivesCrash = world.random.between(0, 1) === 0
      let open = true
      const end = (result: SendResult): void => {
        if (!open) return
        open = false
        world.trace(() => `${life.name} ${request.url} → ${JSON.stringify(result.outcome)}`)
        world.ledger.answered(sent, result)
        done(result)
      }
      world.time.after(request.timeoutMs, () =>
        life.enter(() => end({ outcome: { kind: 'timedOut', phase: 'headers' }, response: null })),
      )
      world.time.after(world.latencyMs(), () => {
        if (!life.alive && !survivesCrash) return
        const answer = world.receivers.answer(sent.label, world.time.wall)
        if (answer === null) return
        if (answer.outcome.kind === 'delivered') world.ledger.arrived(sent)
        world.time.after(world.random.between(0, 40), () => life.enter(() => end(answer)))
      })
    },
  }
}

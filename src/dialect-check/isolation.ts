// A tenant never sees or changes the webhooks of another, and never gets its events.

import { shortened } from './document.ts'
import { bodyFor, onOneWebhook } from './refusals.ts'
import type { Check, Trial } from './trial.ts'

export const isolationChecks: readonly Check[] = [
  { title: "another tenant's webhook is answered as an absent one, and does not change", run: hidesOthers },
  { title: 'a key does not reach another tenant that the request names', run: ignoresNames },
  { title: 'a tenant gets only its own events, of the types that its webhook asks for', run: separatesEvents },
]

async function hidesOthers(trial: Trial): Promise<void> {
  const { subject } = trial
  const [own, other] = [await trial.customer(), await trial.customer()]
  const { id, hook } = await trial.register(other)
  const before = await trial.inOperatorView(other, id)
  const absent = subject.absentId
  for (const served of onOneWebhook(trial)) {
    const body = bodyFor(trial, served)
    const foreign = await trial.ask(own, served, { id, body })
    const unknown = await trial.ask(own, served, { id: absent, body })
    if (foreign.status < 400) {
      trial.fault(`${served.title} answered ${foreign.status} for another tenant's webhook: ${shortened(foreign.text)}`)
    } else if (foreign.status !== unknown.status) {
      trial.fault(
        `${served.title} tells another tenant's webhook (${foreign.status}) from an absent one (${unknown.status})`,
      )
    }
    trial.expect(!foreign.text.includes(hook.url), `${served.title} shows the URL of another tenant's webhook`)
  }
  for (const served of subject.served.filter((one) => subject.idNameIn(one) === '' && one.method === 'GET')) {
    const { text } = await trial.ask(own, served)
    trial.expect(
      !text.includes(hook.url) && !text.includes(JSON.stringify(id)),
      `${served.title} shows another tenant's webhook`,
    )
  }
  const after = await trial.inOperatorView(other, id)
  trial.expect(JSON.stringify(after) === JSON.stringify(before), "a request has changed another tenant's webhook")
}

async function ignoresNames(trial: Trial): Promise<void> {
  const [own, other] = [await trial.customer(), await trial.customer()]
  const { id, hook } = await trial.register(other)
  for (const served of trial.subject.served) {
    const answer = await trial.ask({ key: own.key, tenant: other.tenant }, served, { id, body: bodyFor(trial, served) })
    trial.expect(!answer.text.includes(hook.url), `${served.title} shows a tenant that the key does not grant`)
  }
  const after = await trial.inOperatorView(other, id)
  trial.expect(after['url'] === hook.url, 'a key has changed a webhook of a tenant that it does not grant')
}

async function separatesEvents(trial: Trial): Promise<void> {
  const { eventTypes } = trial.subject
  const [own, other] = [await trial.customer(), await trial.customer()]
  const [mine, theirs] = [await trial.register(own), await trial.register(other)]
  await trial.deliver(own, mine.hook, eventTypes[0], '{"for":"own"}')
  await trial.deliver(other, theirs.hook, eventTypes[0], '{"for":"other"}')
  const foreign = eventTypes[1]
  if (foreign !== undefined) {
    const { deliveries } = await trial.post(own.tenant, foreign)
    trial.expect(deliveries === 0, `a webhook for ${eventTypes[0]} gets events of the type ${foreign}`)
  }
  trial.expect(mine.hook.arrivals.length === 1, "a tenant's webhook gets events of another tenant")
  trial.expect(theirs.hook.arrivals.length === 1, "a tenant's webhook gets events of another tenant")
}

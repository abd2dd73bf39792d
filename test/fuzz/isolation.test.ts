// Isolation of tenants: every caller calls every route of every OpenAPI document with ids of every owner. An id of
// another tenant, of another dialect or of a deleted tenant gets byte for byte the same response as an id that never
// existed. A caller without permission gets the same response for all of them. The requests are generated from the
// documents, so a new route cannot be missed.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { type Caller, callersOf, everyWhose, seenBy, type Whose } from './callers.ts'
import { documentedRoutes, type FrontName, frontNames, fronts } from './documents.ts'
import { absentUuid, type Ids, Parties, type Party } from './parties.ts'
import { testRoles } from './roles.ts'
import { nounIn, plainNames, rows } from './rows.ts'
import { requestFor, type Shown, shown, slotsOf } from './slots.ts'

const parties = await Parties.start()
after(() => parties.close())
const routes = await documentedRoutes(parties.server.url)

test('every documented route has a row in rows.ts, and every parameter is known as an id or not', () => {
  for (const front of frontNames) {
    const documented = routes.filter((route) => route.front === front).map(({ operation }) => operation.operationId)
    assert.deepEqual(documented.toSorted(), Object.keys(rows[front]).toSorted(), front)
  }
  for (const { front, operation } of routes) {
    const { parameters = [], requestBody } = operation
    const fields = Object.keys(requestBody?.content?.['application/json']?.schema.properties ?? {})
    const names = [...parameters, ...fields.map((name) => ({ in: 'body' as const, name }))]
    for (const { in: place, name } of names) {
      const isKnown = nounIn(place, name) !== null || plainNames.has(name) || (place === 'body' && name === 'id')
      assert.ok(isKnown, `${front} ${operation.operationId}: rows.ts does not say whether ${name} is an id`)
    }
  }
})

for (const front of frontNames) {
  suite(front, async () => {
    // The stranger's tenant id has a form that is valid in the dialect of this front.
    const strangerId = front === 'partoo' ? '123456789' : undefined
    const stranger = await parties.party(front === 'allo' ? 'dialnexa' : 'allo', strangerId)
    const [own, foreign] = [await completeParty(front), await completeParty(front)]
    const ids: Record<Whose, Ids> = {
      own: own.ids,
      foreign: foreign.ids,
      stranger: stranger.ids,
      absent: absentIds(front),
      deleted: await deletedIds(front),
    }
    const callers = await callersOf(parties, front, own, foreign, stranger)
    const before = await inventories([own, foreign, stranger])

    for (const route of routes.filter((one) => one.front === front)) {
      const row = rows[front][route.operation.operationId]
      if (row === undefined) continue
      const slots = slotsOf(route, row)

      for (const caller of callers) {
        const sees = seenBy(caller, front, row)
        // A route without ids is served to every caller with permission; the test of the owner below covers it.
        if ((slots.length === 0 || row.showsAll) && sees.length > 0) continue
        test(`${route.method} ${route.path} with ${caller.who}: hidden ids are answered like absent ids`, async () => {
          const answers = new Map<string, Promise<Shown>>()
          const askAbout = (whose: readonly Whose[]): Promise<Shown> => {
            const name = whose.join(', ')
            const answer = answers.get(name) ?? ask(caller, whose)
            answers.set(name, answer)
            return answer
          }
          for (const whose of combinations(slots.length)) {
            if (isSeen(whose, sees)) continue
            const plain = whose.map((one, index) => disguised(one, whose, index, sees))
            const answer: Shown = await askAbout(whose)
            assert.deepEqual(answer, await askAbout(plain), `${whose.join(', ')} differs from ${plain.join(', ')}`)
            const expected: readonly number[] = sees.length === 0 ? [401, 403] : [row.absent ?? 404, 403]
            assert.ok(expected.includes(answer.status), `${whose.join(', ')}: ${answer.status} ${answer.text}`)
          }
        })
      }

      const ask = async (caller: Caller, whose: readonly Whose[]): Promise<Shown> => {
        const named = whose.map((one) => ids[one])
        const request = requestFor(route, row, slots, named, caller.headers, parties.hookUrl())
        return shown(await parties.ask(request), slots, named)
      }

      test(`${route.method} ${route.path} with the owner's key: succeeds and shows only the owner's data`, async () => {
        const owner = await (slots.some(({ noun }) => noun === 'operatorKey')
          ? completeParty(front)
          : parties.party(front))
        const headers = front === 'operator' ? parties.asOperator : fronts[front].api.credentials(owner)
        const named = slots.map(() => owner.ids)
        const answer = await parties.ask(requestFor(route, row, slots, named, headers, parties.hookUrl()))
        assert.equal(answer.status, row.status, answer.text)
        // The operator's lists show all tenants.
        if (front === 'operator') return
        for (const other of [foreign, own, stranger]) assert.ok(!answer.text.includes(other.url), answer.text)
      })
    }

    test('the calls changed nothing of the other tenants', async () => {
      assert.deepEqual(await inventories([own, foreign, stranger]), before)
    })
  })
}

test("another tenant's cursor shows none of that tenant's data", async () => {
  const lists = [
    {
      front: 'operator',
      first: '/v1/deliveries?limit=1',
      next: /"nextCursor":"([^"]+)"/,
      path: '/v1/deliveries?cursor=',
    },
    { front: 'ultravox', first: '/api/webhooks?pageSize=1', next: /cursor=([^&"]+)/, path: '/api/webhooks?cursor=' },
  ] as const
  for (const { front, first, next, path } of lists) {
    const { api } = fronts[front]
    const [own, foreign] = [await parties.party(front), await parties.party(front)]
    await parties.grow(foreign)
    const list = (party: Party, listPath: string) =>
      parties.ask({ method: 'GET', path: listPath, headers: api.credentials(party) })
    const [, cursor = ''] = next.exec((await list(foreign, first)).text) ?? []
    const theirs = await list(foreign, path + cursor)
    assert.ok(theirs.text.includes(foreign.ids.endpoint), `the cursor does not work for its owner: ${theirs.text}`)
    const { status, text } = await list(own, path + cursor)
    assert.equal(status, 200, text)
    assert.ok(!text.includes(foreign.ids.endpoint) && !text.includes(foreign.url), text)
  }
})

test("another tenant's idempotency key replays none of that tenant's responses", async () => {
  const [own, foreign] = [await parties.party('allo'), await parties.party('allo')]
  const [theirs, ours] = await Promise.all(
    [foreign, own].map(async (party) => {
      const headers = { ...fronts.allo.api.credentials(party), 'idempotency-key': 'the same' }
      const body = fronts.allo.api.sample(parties.hookUrl(), 0)
      return parties.ask({ method: 'POST', path: '/v2/api/webhooks', headers, body })
    }),
  )
  assert.deepEqual([theirs?.status, ours?.status], [201, 201])
  assert.equal(ours?.headers['idempotency-replayed'], undefined)
  assert.notEqual(ours?.text, theirs?.text)
})

suite('roles and scopes', () => testRoles(parties, routes, absentIds('operator')))

/** A party that has an object of each kind. */
async function completeParty(front: FrontName): Promise<Party> {
  const made = await parties.party(front)
  return front === 'operator' ? parties.withOperatorKey(made) : made
}

function inventories(all: readonly Party[]): Promise<string[]> {
  return Promise.all(all.map((party) => parties.inventory(party)))
}

function absentIds(front: FrontName): Ids {
  const { tenant, endpoint } = { tenant: '00000000-0000-4000-8000-000000000009', endpoint: fronts[front].api.idAbsent }
  const rest = { event: absentUuid, delivery: absentUuid, key: absentUuid, operatorKey: absentUuid }
  return { tenant: front === 'partoo' ? '999999999' : tenant, endpoint, ...rest }
}

/** The ids of a tenant that was deleted with everything that it had. */
async function deletedIds(front: FrontName): Promise<Ids> {
  const { ids } = await completeParty(front)
  await parties.want(204, 'DELETE', `/v1/tenants/${ids.tenant}/endpoints/${ids.endpoint}`)
  await parties.want(202, 'DELETE', `/v1/tenants/${ids.tenant}`)
  if (front === 'operator') await parties.want(204, 'DELETE', `/v1/operator-keys/${ids.operatorKey}`)
  return ids
}

function combinations(length: number): readonly (readonly Whose[])[] {
  if (length === 0) return [[]]
  return combinations(length - 1).flatMap((rest) => everyWhose.map((whose) => [whose, ...rest]))
}

/** Whether all ids have the same owner, whose data the caller may see. */
function isSeen(whose: readonly Whose[], sees: readonly Whose[]): boolean {
  const [first] = whose
  return first !== undefined && sees.includes(first) && whose.every((one) => one === first)
}

/** An id stays if the caller may see its owner and the owner is that of the first id; any other id becomes absent. */
function disguised(one: Whose, whose: readonly Whose[], index: number, sees: readonly Whose[]): Whose {
  return sees.includes(one) && (index === 0 || one === whose[0]) ? one : 'absent'
}

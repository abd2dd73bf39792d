// Isolation of tenants: every caller calls every route of every OpenAPI document with ids of every owner. An id of
// another tenant, of another dialect or of a deleted tenant gets byte for byte the same response as an id that never
// existed. A caller without permission gets the same response for all of them. The requests are generated from the
// documents, so a new route cannot be missed.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { type Caller, callersOf, everyWhose, seenBy, type Whose } from './callers.ts'
import { documentedRoutes, type FrontName, frontNames, profileOf } from './documents.ts'
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
    assert.deepEqual(documented.toSorted(), Object.keys(rows[front] ?? {}).toSorted(), front)
  }
  for (const { front, method, path, operation } of routes.filter((one) => one.front === 'operator')) {
    const { parameters = [], requestBody } = operation
    const fields = Object.keys(requestBody?.content?.['application/json']?.schema.properties ?? {})
    const names = [...parameters, ...fields.map((name) => ({ in: 'body' as const, name }))]
    for (const { in: place, name } of names) {
      const isKnown =
        nounIn({ front, method, path }, place, name) !== null ||
        plainNames.has(name) ||
        (place === 'body' && name === 'id')
      assert.ok(isKnown, `${front} ${operation.operationId}: rows.ts does not say whether ${name} is an id`)
    }
  }
})

for (const front of frontNames) {
  suite(front, async () => {
    // The stranger's tenant id has a form that is valid in the dialect of this front.
    const strangerId = newTenantId(front)
    const foreignFront = frontNames.find(
      (one) => one !== front && profileOf(one).dialect.tenantIdPattern.test(strangerId),
    )
    const stranger = await parties.party(foreignFront ?? assert.fail('no other dialect takes the id'), strangerId)
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
      const row = rows[front]?.[route.operation.operationId]
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
        const headers = front === 'operator' ? parties.asOperator : profileOf(front).api.credentials(owner)
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

const byCursor = frontNames.filter((one) => profileOf(one).subject?.one('list')?.operation.pages?.by === 'cursor')
for (const front of ['operator', ...byCursor]) {
  test(`another tenant's cursor shows none of that tenant's data: ${front}`, async () => {
    const { api } = profileOf(front)
    const [own, foreign] = [await parties.party(front), await parties.party(front)]
    await parties.grow(foreign)
    const list = async (party: Party, path: string) => {
      const { status, text } = await parties.ask({ method: 'GET', path, headers: api.credentials(party) })
      return { status, text, body: JSON.parse(text) as unknown, headers: {} }
    }
    const pathAfter = (answers: Parameters<typeof api.nextPage>[2]): string => {
      if (front !== 'operator') return api.nextPage(foreign, 1, answers)?.path ?? ''
      const [{ nextCursor } = { nextCursor: '' }] = answers.map(({ body }) => body as { nextCursor: string })
      return answers.length === 0 ? '/v1/deliveries?limit=1' : `/v1/deliveries?limit=1&cursor=${nextCursor}`
    }
    const next = pathAfter([await list(foreign, pathAfter([]))])
    const theirs = await list(foreign, next)
    assert.ok(theirs.text.includes(foreign.ids.endpoint), `the cursor does not work for its owner: ${theirs.text}`)
    const { status, text } = await list(own, next)
    assert.equal(status, 200, text)
    assert.ok(!text.includes(foreign.ids.endpoint) && !text.includes(foreign.url), text)
  })
}

for (const front of frontNames.filter((one) => profileOf(one).subject?.definition.idempotencyKeys === true)) {
  test(`another tenant's idempotency key replays none of that tenant's responses: ${front}`, async () => {
    const { api } = profileOf(front)
    const [own, foreign] = [await parties.party(front), await parties.party(front)]
    const [theirs, ours] = await Promise.all(
      [foreign, own].map(async (party) => {
        const request = api.operations.create.request(party, api.sample(parties.hookUrl(), 0))
        const headers = { ...request.headers, ...api.credentials(party), 'idempotency-key': 'the same' }
        return parties.ask({ ...request, raw: JSON.stringify(request.body), headers })
      }),
    )
    const { status } = api.operations.create
    assert.deepEqual([theirs?.status, ours?.status], [status, status])
    assert.equal(ours?.headers['idempotency-replayed'], undefined)
    assert.notEqual(ours?.text, theirs?.text)
  })
}

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
  const rest = { event: absentUuid, delivery: absentUuid, key: absentUuid, operatorKey: absentUuid }
  return { tenant: newTenantId(front), endpoint: profileOf(front).api.idAbsent, ...rest }
}

/** The id of a tenant that does not exist, in the form of a dialect. */
function newTenantId(front: FrontName): string {
  return profileOf(front).dialect.newTenantId(randomBytes)
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

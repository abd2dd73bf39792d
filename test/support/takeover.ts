// A load while another database server becomes the primary: two nodes, one address that leads to the primary, and
// events that are posted one by one.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBalancedLoad } from './balanced-load.ts'
import { startBookkeeper } from './bookkeeper.ts'
import { untilDrained } from './drain.ts'
import { judge, type Verdict } from './history.ts'
import { startNodes } from './nodes.ts'
import { createPostBook, type PostBook } from './post-book.ts'
import { queryOnce } from './postgres-server.ts'
import { crashSeed, seededRandom } from './random.ts'

export interface Takeover {
  /** How many events were accepted. */
  readonly accepted: number
  /** The numbers of the accepted events that the new primary does not have, in order. */
  readonly missing: readonly number[]
  readonly verdict: Verdict
  /** The longest time without an accepted event, in ms. */
  readonly pauseMs: number
}

export interface TakeoverOptions {
  /** The address of the database. */
  readonly url: string
  /** Makes another server the primary. */
  readonly act: (book: PostBook) => Promise<void>
  /** How long it may take after `act` until an event is accepted, in ms. */
  readonly wellMsMax: number
}

/** How long the load runs before `act`, and after the first event that is accepted again, in ms. */
export const loadMs = 2_000

export async function takeOverUnderLoad(t: TestContext, { url, act, wellMsMax }: TakeoverOptions): Promise<Takeover> {
  const customer = await startBookkeeper()
  t.after(() => customer.close())
  const nodes = await startNodes(2, url, { POSTHORN_RETRY_SCALE: '0.001' })
  t.after(() => nodes.close())
  await customer.register(nodes.at(0).client, 'crash')
  const book = createPostBook('crash', seededRandom(crashSeed))
  const pauses = watchPauses(t, book)
  const load = startBalancedLoad(nodes, book)
  t.after(() => load.stop())
  await sleep(loadMs)

  await act(book)
  const postsBefore = book.posts.length
  const giveUpAt = Date.now() + wellMsMax
  while (!book.posts.slice(postsBefore).some(({ outcome }) => outcome === 'ok')) {
    assert.ok(Date.now() < giveUpAt, `no event is accepted ${wellMsMax} ms after the end of the primary`)
    await sleep(20)
  }
  await sleep(loadMs)
  const pauseMs = pauses.longest()
  await load.stop()
  const { drained } = await untilDrained(nodes.at(0).client)
  assert.ok(drained, 'deliveries are still pending')

  const rows = await queryOnce(url, `SELECT (data::json ->> 'number')::int AS number FROM posthorn.events`)
  const stored = new Set(rows.map(({ number }) => number))
  const accepted = new Set(book.posts.filter(({ outcome }) => outcome === 'ok').map(({ number }) => number))
  const missing = [...accepted].filter((number) => !stored.has(number)).toSorted((a, b) => a - b)
  const { arrivals, subscriptions } = customer
  const verdict = judge({ posts: book.posts, arrivals, subscriptions })
  const { problems, ...figures } = verdict
  t.diagnostic(JSON.stringify({ ...figures, problems: problems.length, missing: missing.length, seed: crashSeed }))
  t.diagnostic(`the longest time without an accepted event is ${pauseMs} ms`)
  return { accepted: accepted.size, missing, verdict, pauseMs }
}

/** Looks at the accepted events every 10 ms. */
function watchPauses(t: TestContext, book: PostBook): { longest(): number } {
  let [seen, longest, since] = [0, 0, Infinity]
  const timer = setInterval(() => {
    const now = Date.now()
    const isAccepted = book.posts.slice(seen).some(({ outcome }) => outcome === 'ok')
    seen = book.posts.length
    if (since !== Infinity) longest = Math.max(longest, now - since)
    if (isAccepted) since = now
  }, 10)
  t.after(() => clearInterval(timer))
  return { longest: () => longest }
}

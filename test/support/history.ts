// Judges a run with crashes, as Jepsen does. Each post ended as `ok` (202: the event must be delivered), `info` (the
// connection broke: the event may exist or not) or `fail` (4xx or 5xx: the event must not be delivered). The judge is a
// pure function, so a test can give it histories that must fail (history.test.ts).

export type PostOutcome = 'ok' | 'info' | 'fail'

/** One post of the event with this number. An event may be posted again while its outcome is unknown. */
export interface PostRecord {
  readonly number: number
  readonly type: string
  readonly outcome: PostOutcome
}

/** One request to an endpoint. Arrivals are in the order in which they came. */
export interface Arrival {
  readonly endpoint: string
  readonly number: number
  readonly webhookId: string
  readonly bodyHash: string
  /** The status of the endpoint's answer; 0 if it did not answer. */
  readonly status: number
  /** Null if the signature was not checked. */
  readonly signatureValid: boolean | null
}

export interface History {
  readonly posts: readonly PostRecord[]
  readonly arrivals: readonly Arrival[]
  /** The event types that each endpoint subscribes to. */
  readonly subscriptions: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Verdict {
  readonly accepted: number
  readonly unknown: number
  readonly refused: number
  /** Pairs of an event and an endpoint with a 2xx answer. */
  readonly delivered: number
  /** Arrivals after the first arrival that was answered with 2xx, for the same event and endpoint. */
  readonly duplicates: number
  /** Pairs of an accepted event and a subscribed endpoint without a 2xx answer. */
  readonly lost: number
  /** One sentence for each violation of the promises; empty if there is none. */
  readonly problems: readonly string[]
}

interface Seen {
  readonly first: Arrival
  succeeded: boolean
}

/** Counts accepted, delivered, repeated and lost events, and lists every violation of the promises. */
export function judge(history: History): Verdict {
  const problems: string[] = []
  const posts = settle(history.posts)
  const seen = new Map<string, Seen>()
  let duplicates = 0

  for (const arrival of history.arrivals) {
    problems.push(...wrongIn(arrival, posts.get(arrival.number), history.subscriptions))
    const key = `${arrival.endpoint} ${arrival.number}`
    const before = seen.get(key)
    if (before === undefined) {
      seen.set(key, { first: arrival, succeeded: succeeded(arrival) })
      continue
    }
    problems.push(...differences(before.first, arrival))
    if (before.succeeded) duplicates += 1
    before.succeeded ||= succeeded(arrival)
  }

  const missing = undelivered(posts.values(), seen, history.subscriptions)
  problems.push(...missing)
  const count = (outcome: PostOutcome): number =>
    posts.values().reduce((n, p) => n + (p.outcome === outcome ? 1 : 0), 0)
  return {
    accepted: count('ok'),
    unknown: count('info'),
    refused: count('fail'),
    delivered: seen.values().reduce((n, pair) => n + (pair.succeeded ? 1 : 0), 0),
    duplicates,
    lost: missing.length,
    problems,
  }
}

/** The outcome of each event after all its posts: `ok` if any post was ok, otherwise `info` if any post was info. */
function settle(posts: readonly PostRecord[]): ReadonlyMap<number, PostRecord> {
  const rank: Record<PostOutcome, number> = { fail: 0, info: 1, ok: 2 }
  const settled = new Map<number, PostRecord>()
  for (const post of posts) {
    const before = settled.get(post.number)
    if (before === undefined || rank[post.outcome] > rank[before.outcome]) settled.set(post.number, post)
  }
  return settled
}

function wrongIn(arrival: Arrival, post: PostRecord | undefined, subscriptions: History['subscriptions']): string[] {
  const what = `event ${arrival.number} at ${arrival.endpoint}`
  const wrong: string[] = []
  if (post === undefined) wrong.push(`${what}: was never posted`)
  else if (post.outcome === 'fail') wrong.push(`${what}: was refused, but sent`)
  if (post !== undefined && subscriptions.get(arrival.endpoint)?.has(post.type) !== true) {
    wrong.push(`${what}: the endpoint does not subscribe to ${post.type}`)
  }
  if (arrival.signatureValid === false) wrong.push(`${what}: the signature is wrong`)
  return wrong
}

function differences(first: Arrival, repeat: Arrival): string[] {
  const what = `event ${repeat.number} at ${repeat.endpoint}`
  const found: string[] = []
  if (repeat.webhookId !== first.webhookId) found.push(`${what}: arrived again with another webhook-id`)
  if (repeat.bodyHash !== first.bodyHash) found.push(`${what}: arrived again with another body`)
  return found
}

function undelivered(
  posts: Iterable<PostRecord>,
  seen: ReadonlyMap<string, Seen>,
  subscriptions: History['subscriptions'],
): string[] {
  const missing: string[] = []
  for (const post of posts) {
    if (post.outcome !== 'ok') continue
    for (const [endpoint, types] of subscriptions) {
      if (!types.has(post.type) || seen.get(`${endpoint} ${post.number}`)?.succeeded === true) continue
      missing.push(`event ${post.number} at ${endpoint}: was accepted, but never delivered`)
    }
  }
  return missing
}

function succeeded(arrival: Arrival): boolean {
  return arrival.status >= 200 && arrival.status < 300
}

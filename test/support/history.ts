// Judges what a run with crashes did, in the manner of Jepsen: each post ended `ok` (202: must be delivered), `info`
// (the connection broke: may exist or not) or `fail` (4xx or 5xx: must not be delivered). Pure, so that it can be
// shown histories that must not pass: a checker that never complains proves nothing.

export type PostOutcome = 'ok' | 'info' | 'fail'

/** One try at posting the event that `number` names; an event may be posted again while nobody knows its outcome. */
export interface PostRecord {
  readonly number: number
  readonly type: string
  readonly outcome: PostOutcome
}

/** One request as an endpoint got it, in the order in which they came. */
export interface Arrival {
  readonly endpoint: string
  readonly number: number
  readonly webhookId: string
  readonly bodyHash: string
  /** The status that the endpoint answered; 0 where it did not answer. */
  readonly status: number
  /** Null where the signature was not checked. */
  readonly signatureValid: boolean | null
}

export interface History {
  readonly posts: readonly PostRecord[]
  readonly arrivals: readonly Arrival[]
  /** The types that each endpoint asked for. */
  readonly subscriptions: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Verdict {
  readonly accepted: number
  readonly unknown: number
  readonly refused: number
  /** Pairs of event and endpoint that got a 2xx answer. */
  readonly delivered: number
  /** Arrivals after the first that was answered with 2xx, for the same event and endpoint. */
  readonly duplicates: number
  /** Pairs of accepted event and subscribed endpoint that never got a 2xx answer. */
  readonly lost: number
  /** What must not have happened, one sentence each; empty when all is well. */
  readonly problems: readonly string[]
}

interface Seen {
  readonly first: Arrival
  succeeded: boolean
}

/** Says what was accepted, delivered, repeated and lost, and everything that contradicts the promises. */
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

/** What is known of each event after all its posts: accepted once is accepted; unknown once is not refused. */
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
    wrong.push(`${what}: the endpoint did not ask for ${post.type}`)
  }
  if (arrival.signatureValid === false) wrong.push(`${what}: the signature is wrong`)
  return wrong
}

function differences(first: Arrival, repeat: Arrival): string[] {
  const what = `event ${repeat.number} at ${repeat.endpoint}`
  const found: string[] = []
  if (repeat.webhookId !== first.webhookId) found.push(`${what}: came again under another webhook-id`)
  if (repeat.bodyHash !== first.bodyHash) found.push(`${what}: came again with another body`)
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

import type { Trace, Tracer } from '../contracts/tracer.ts'
import type { Event } from '../domain/event.ts'

interface Traceable {
  readonly event: Event
  readonly traceparent?: string | undefined
  trace?: Trace
}

interface Result {
  readonly kind: NonNullable<Parameters<Tracer['accepted']>[1]>
  readonly count: number
}

/** Accepts drafts, and gives each a trace, which ends with its result. */
export function traced<Draft extends Traceable, Accepted extends Result>(
  tracer: Tracer,
  drafts: readonly Draft[],
  accept: (drafts: readonly Draft[]) => Promise<readonly Accepted[]>,
): Promise<readonly Accepted[]> {
  for (const draft of drafts) draft.trace = tracer.accepting(draft.event, draft.traceparent)
  return drafts.some(({ trace }) => trace?.isSampled) ? untilAccepted(tracer, drafts, accept) : accept(drafts)
}

async function untilAccepted<Draft extends Traceable, Accepted extends Result>(
  ...[tracer, drafts, accept]: Parameters<typeof traced<Draft, Accepted>>
): Promise<readonly Accepted[]> {
  let results: readonly Accepted[] = []
  try {
    results = await accept(drafts)
    return results
  } finally {
    for (const [index, { trace }] of drafts.entries()) {
      const result = results[index]
      if (trace?.isSampled) tracer.accepted(trace, result?.kind ?? null, result?.count ?? 0)
    }
  }
}

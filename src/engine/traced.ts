import type { Trace, Tracer } from '../contracts/tracer.ts'
import type { Event } from '../domain/event.ts'

interface Traceable {
  readonly event: Event
  readonly traceparent?: string | undefined
}

type AcceptedKind = Parameters<Tracer['accepted']>[1]

/** Accepts drafts with a trace each, which ends with their results. */
export async function traced<
  Draft extends Traceable,
  Result extends { kind: NonNullable<AcceptedKind>; count: number },
>(
  tracer: Tracer,
  drafts: readonly Draft[],
  accept: (drafts: readonly (Draft & { readonly trace: Trace })[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const withTraces = drafts.map((draft) => ({ ...draft, trace: tracer.accepting(draft.event, draft.traceparent) }))
  let results: readonly Result[] = []
  try {
    results = await accept(withTraces)
    return results
  } finally {
    for (const [index, { trace }] of withTraces.entries()) {
      const result = results[index]
      tracer.accepted(trace, result?.kind ?? null, result?.count ?? 0)
    }
  }
}

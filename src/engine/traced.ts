import type { Tracer } from '../contracts/tracer.ts'
import type { Accepted, Draft } from './accept.ts'

/** Accepts drafts with a trace each, which ends with their results. */
export async function traced(
  tracer: Tracer,
  drafts: readonly Draft[],
  accept: (drafts: readonly Draft[]) => Promise<readonly Accepted[]>,
): Promise<readonly Accepted[]> {
  const withTraces = drafts.map((draft) => ({ ...draft, trace: tracer.accepting(draft.event, draft.traceparent) }))
  let results: readonly Accepted[] = []
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

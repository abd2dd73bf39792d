import { Failure, Notice } from '../../../shared/parts/Notice.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import { useRead } from '../../../shared/queries.ts'
import type { Erasure } from '../../../shared/types.ts'

/** How far an erasure has come. @param what the erased thing, as the subject of a sentence */
export function Erasing({ id, what }: { readonly id: string; readonly what: string }) {
  const { data: erasure, error } = useRead<Erasure>(`/v1/erasures/${encodeURIComponent(id)}`, {
    everyMs: (last) => (last === undefined || last.endedAt === null ? 1000 : false),
  })
  if (erasure === undefined && error) return <Failure error={error} />
  return (
    <div role="status">
      {erasure === undefined || erasure.endedAt === null ? (
        <Notice title={`${what} is shown no more.`}>Its removal from the files of the database is under way.</Notice>
      ) : (
        <Notice kind="good" title={`${what} was removed from the database.`}>
          The removal ended at <Time at={erasure.endedAt} />.
        </Notice>
      )}
    </div>
  )
}

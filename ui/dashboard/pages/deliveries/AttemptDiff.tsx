import { prettyJson } from '../../../shared/parts/Code.tsx'
import { Diff } from '../../../shared/parts/Diff.tsx'
import { SelectField } from '../../../shared/parts/fields.tsx'
import { Failure, Loading } from '../../../shared/parts/Notice.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { Badge, OutcomeBadge, outcomes } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import type { Attempt, AttemptRequest } from '../../../shared/types.ts'
import styles from './Deliveries.module.css'
import { useRequest } from './Exchange.tsx'

export interface AttemptDiffProps {
  readonly delivery: string
  readonly attempts: readonly Attempt[]
  /** The attempt that is shown. */
  readonly attempt: Attempt
  /** The number of the one that it is compared with; null: none. */
  readonly other: number | null
  readonly onChoose: (other: number | null) => void
}

/** The chosen attempt beside another one. */
export function AttemptDiff({ delivery, attempts, attempt, other, onChoose }: AttemptDiffProps) {
  const found = attempts.find(({ number }) => number === other && number !== attempt.number)
  const pair = found && (found.number < attempt.number ? ([found, attempt] as const) : ([attempt, found] as const))
  return (
    <>
      <SelectField
        label={`Compare attempt ${attempt.number} with`}
        value={found?.number ?? ''}
        onChange={({ target }) => onChoose(target.value === '' ? null : Number(target.value))}
      >
        <option value="">no other attempt</option>
        {attempts
          .filter(({ number }) => number !== attempt.number)
          .map(({ number, outcome, status }) => (
            <option key={number} value={number}>
              attempt {number}: {outcomes[outcome].name} {status}
            </option>
          ))}
      </SelectField>
      {pair && (
        <>
          <Facts before={pair[0]} after={pair[1]} />
          <Diff title="Body of the response" before={bodyOf(pair[0])} after={bodyOf(pair[1])} />
          <RequestDiff delivery={delivery} before={pair[0].number} after={pair[1].number} />
        </>
      )}
    </>
  )
}

interface PairProps {
  readonly before: Attempt
  readonly after: Attempt
}

function Facts({ before, after }: PairProps) {
  const facts: readonly (readonly [string, (attempt: Attempt) => React.ReactNode, (attempt: Attempt) => unknown])[] = [
    ['Started', ({ startedAt }) => <Time at={startedAt} withMs />, ({ startedAt }) => startedAt],
    ['Outcome', (one) => <OutcomeBadge {...one} />, ({ outcome, status }) => `${outcome} ${status}`],
    ['Detail', ({ detail }) => <Stranger>{detail}</Stranger>, ({ detail }) => detail],
    ['Duration', ({ durationMs }) => durationText(durationMs), ({ durationMs }) => durationMs],
  ]
  return (
    <PlainTable
      label="two attempts"
      head={['', `Attempt ${before.number}`, `Attempt ${after.number}`, '']}
      rows={facts.map(([name, show, value]) => ({
        key: name,
        cells: [
          name,
          <span key="before">{show(before)}</span>,
          <span key="after">{show(after)}</span>,
          value(before) === value(after) ? (
            'the same'
          ) : (
            <Badge key="differs" tone="warn">
              {difference(name, before, after)}
            </Badge>
          ),
        ],
      }))}
    />
  )
}

function difference(name: string, before: Attempt, after: Attempt): string {
  if (name === 'Started') return `${durationText(Date.parse(after.startedAt) - Date.parse(before.startedAt))} later`
  if (name !== 'Duration') return 'differs'
  const ms = after.durationMs - before.durationMs
  return ms > 0 ? `${durationText(ms)} longer` : `${durationText(-ms)} shorter`
}

function bodyOf({ response }: Attempt): string {
  return response === null ? '' : prettyJson(response)
}

function RequestDiff({
  delivery,
  before,
  after,
}: {
  readonly delivery: string
  readonly before: number
  readonly after: number
}) {
  const [old, now] = [useRequest(delivery, before), useRequest(delivery, after)]
  const error = old.error ?? now.error
  if (old.data === undefined || now.data === undefined) {
    return error ? <Failure error={error} /> : <Loading what="the requests" />
  }
  return (
    <div className={styles.side}>
      <Diff title="Headers of the request" before={headersOf(old.data)} after={headersOf(now.data)} />
      <Diff
        title="Body of the request"
        before={prettyJson(old.data.body ?? '')}
        after={prettyJson(now.data.body ?? '')}
      />
    </div>
  )
}

function headersOf({ headers }: AttemptRequest): string {
  return headers.map(({ name, value }) => `${name}: ${value ?? '(not shown)'}`).join('\n')
}

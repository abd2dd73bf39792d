import type { ReactNode } from 'react'
import { Badge, outcomes, type Tone } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { Time } from '../../../shared/parts/Time.tsx'
import type { Replay } from '../../../shared/types.ts'

const tones: Readonly<Record<Replay['state'], Tone>> = {
  preview: 'plain',
  running: 'accent',
  done: 'good',
  cancelled: 'plain',
  failed: 'bad',
}

export function ReplayState({ replay: { state, expiresAt } }: { readonly replay: Replay }) {
  const isExpired = state === 'preview' && expiresAt !== null && Date.parse(expiresAt) <= Date.now()
  return <Badge tone={tones[state]}>{isExpired ? 'expired preview' : state}</Badge>
}

/** The deliveries of a replay in words. */
export function Selected({ replay: { filter, missing } }: { readonly replay: Replay }): ReactNode {
  const { status, endpoint, eventType, outcome, from, to } = filter
  const isAll = Date.parse(from) === 0
  return (
    <>
      {missing ? 'events that an endpoint never got' : `${listed(status)} deliveries`}
      {eventType !== null && (
        <>
          {' '}
          of the type <Stranger>{eventType}</Stranger>
        </>
      )}
      {endpoint !== null && (
        <>
          {' '}
          to the endpoint <Stranger>{endpoint}</Stranger>
        </>
      )}
      {outcome !== null && ` whose last attempt was ${outcomes[outcome].name}`}, accepted{' '}
      {!isAll && (
        <>
          from <Time at={from} />{' '}
        </>
      )}
      until <Time at={to} />
    </>
  )
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** How many deliveries are through, in words. */
export function progressText({ state, missing, count: { total, isExact, done, skipped } }: Replay): string {
  const all = `${total.toLocaleString('en')}${isExact ? '' : ' so far'}`
  if (state === 'preview') return isExact ? `${all} to send` : `counting: ${all}`
  const left = skipped === 0 ? '' : `, ${skipped.toLocaleString('en')} skipped`
  return `${done.toLocaleString('en')} of ${all} ${missing ? 'added' : 'sent'}${left}`
}

import type { ReactNode } from 'react'
import { counted } from '../../../shared/counted.ts'
import { Notice } from '../../../shared/parts/Notice.tsx'
import { outcomes } from '../../../shared/parts/Status.tsx'
import { durationText, Time, useNow } from '../../../shared/parts/Time.tsx'
import type { Attempt, Delivery, DeliveryWithHistory, Dialect } from '../../../shared/types.ts'

/** The reasons of the API in words. */
const reasons: Readonly<Record<string, string>> = {
  'retries exhausted': 'all attempts of the schedule have failed',
  'not retried': 'the dialect does not retry this outcome',
  'endpoint disabled': 'its endpoint is disabled',
  'endpoint deleted': 'its endpoint was deleted',
  'endpoint gone': 'its endpoint has answered that it is gone',
  'not fetched': 'no consumer has fetched it in time',
  'payload erased': 'its payload was erased',
  'event unreadable': 'its event was damaged in the database',
  'endpoint unreadable': 'its endpoint was damaged in the database',
  'internal error': 'Posthorn has failed on it several times: see the log',
}

export interface DeliveryStateProps {
  readonly delivery: DeliveryWithHistory
  readonly dialect: Dialect | undefined
  /** When the pause of the endpoint ends; null: it has none. */
  readonly pausedUntil: string | null
}

/** The state of a delivery in a sentence. */
export function DeliveryState({ delivery, dialect, pausedUntil }: DeliveryStateProps): ReactNode {
  const now = useNow(delivery.status === 'pending')
  const { status, attempts, nextAttemptAt, createdAt, endedAt, reason, history } = delivery
  const why = reason === null ? '' : `: ${reasons[reason] ?? reason}`
  switch (status) {
    case 'delivered': {
      const last = history.at(-1)
      const took = last === undefined ? 0 : Date.parse(last.startedAt) + last.durationMs - Date.parse(createdAt)
      return (
        <>
          Delivered by attempt {attempts} at <Time at={endedAt} />, {durationText(Math.max(took, 0))} after its event
          was accepted.
        </>
      )
    }
    case 'failed':
      return (
        <>
          Failed at <Time at={endedAt} /> after {attemptsText(attempts)}
          {why}.
        </>
      )
    case 'cancelled':
      return (
        <>
          Cancelled at <Time at={endedAt} /> after {attemptsText(attempts)}
          {why}.
        </>
      )
    case 'pending': {
      const next = attemptName(delivery, dialect)
      const dueAt = Math.max(Date.parse(nextAttemptAt ?? createdAt), Date.parse(pausedUntil ?? createdAt))
      const isPaused = pausedUntil !== null && Date.parse(pausedUntil) === dueAt
      const waitMs = dueAt - now
      if (waitMs <= 0) return <>{next} is due: it begins as soon as its endpoint has room, or is being made.</>
      return (
        <>
          Waits for {next.toLowerCase()}, due <Time at={new Date(dueAt).toISOString()} />, in{' '}
          {durationText(Math.max(Math.round(waitMs / 1000), 1) * 1000)}.
          {isPaused && ' Its receiver has asked for a pause until then.'}
        </>
      )
    }
  }
}

function attemptsText(attempts: number): string {
  return attempts === 0 ? 'no attempt' : counted(attempts, 'attempt')
}

/** The next attempt, such as `Attempt 3 of 8`. */
function attemptName({ attempts, attemptsBefore }: Delivery, dialect: Dialect | undefined): string {
  const most = dialect?.retry.attempts ?? 0
  const ofRound = attempts - attemptsBefore + 1
  if (ofRound > most) return `Attempt ${attempts + 1}`
  if (attemptsBefore === 0) return `Attempt ${ofRound} of ${most}`
  return `Attempt ${attempts + 1}, the ${ofRound}. of ${most} since its schedule was restarted`
}

/** The result of a retry that a person has asked for. @param asked the attempts of the delivery at that time */
export function Retried({ delivery, asked }: { readonly delivery: DeliveryWithHistory; readonly asked: number }) {
  const made: Attempt | undefined = delivery.history.find(({ number }) => number === asked + 1)
  if (made === undefined) {
    return (
      <div role="status">
        <Notice title="The attempt is queued.">
          It begins as soon as its endpoint has room. Its outcome appears here.
        </Notice>
      </div>
    )
  }
  const isDelivered = made.outcome === 'delivered'
  return (
    <div role="status">
      <Notice
        kind={isDelivered ? 'good' : 'bad'}
        title={`Attempt ${made.number}: ${outcomes[made.outcome].name}, ${made.detail}, after ${durationText(made.durationMs)}.`}
      />
    </div>
  )
}

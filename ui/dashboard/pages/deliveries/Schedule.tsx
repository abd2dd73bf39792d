import { useState } from 'react'
import { counted } from '../../../shared/counted.ts'
import { SelectField } from '../../../shared/parts/fields.tsx'
import { Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { outcomes } from '../../../shared/parts/Status.tsx'
import { durationText, Time, useNow } from '../../../shared/parts/Time.tsx'
import { type OutcomeAttempt, TimeLine } from '../../../shared/parts/TimeLine.tsx'
import { plannedAttempts, type TimeLineInput } from '../../../shared/time-line.ts'
import type { DeliveryWithHistory, Dialect } from '../../../shared/types.ts'
import styles from './Deliveries.module.css'

export interface ScheduleProps {
  readonly delivery: DeliveryWithHistory
  readonly dialect: Dialect | undefined
  /** When the pause of the endpoint ends; null: it has none. */
  readonly pausedUntil: string | null
  readonly chosen: number | undefined
  readonly onChoose: (number: number) => void
}

const ends = {
  planned: { words: 'the last planned attempt', until: 'planned' },
  next: { words: 'the last or next attempt', until: 'next' },
  hour: { words: 'one hour', until: 3_600_000 },
  minute: { words: 'one minute', until: 60_000 },
} as const

/** The attempts on the schedule of the dialect: as a picture to scale, and as a table. */
export function Schedule({ delivery, dialect, pausedUntil, chosen, onChoose }: ScheduleProps) {
  const { status, attemptsBefore, history } = delivery
  const now = useNow(status === 'pending')
  const [until, setUntil] = useState<keyof typeof ends>(status === 'pending' ? 'planned' : 'next')
  const input = {
    createdAt: Date.parse(delivery.createdAt),
    attempts: history.map((one) => ({ ...one, startedAt: Date.parse(one.startedAt) })),
    attemptsBefore,
    waitsMs: dialect?.retry.waitsSeconds.map((seconds) => seconds * 1000) ?? [],
    nextAttemptAt: delivery.nextAttemptAt === null ? null : Date.parse(delivery.nextAttemptAt),
    pausedUntil: pausedUntil === null ? null : Date.parse(pausedUntil),
  }
  return (
    <Section
      title="Time line"
      actions={
        <SelectField label="Up to" value={until} onChange={({ target }) => setUntil(target.value as keyof typeof ends)}>
          {Object.entries(ends).map(([name, { words }]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </SelectField>
      }
    >
      <TimeLine
        {...input}
        now={now}
        until={ends[until].until}
        label={`${counted(history.length, 'attempt')} on a time line. The table below has their times.`}
        chosen={chosen}
        onChoose={onChoose}
      />
      <details>
        <summary>The time line as a table</summary>
        <AsTable input={input} isJittered={dialect?.retry.jitter ?? false} />
      </details>
    </Section>
  )
}

type Input = Omit<TimeLineInput<OutcomeAttempt>, 'now' | 'until' | 'width'>

function AsTable({ input, isJittered }: { readonly input: Input; readonly isJittered: boolean }) {
  const { createdAt, attempts, nextAttemptAt } = input
  const planned = new Map(plannedAttempts(input).map(({ number, at }) => [number, at]))
  const made = new Map(attempts.map((attempt) => [attempt.number, attempt]))
  const numbers = [
    ...new Set([...planned.keys(), ...made.keys(), ...(nextAttemptAt === null ? [] : [attempts.length + 1])]),
  ]
  const rest = nextAttemptAt === null ? 'not made' : 'planned'
  const after = (at: number | undefined): string => {
    return at === undefined ? '–' : durationText(Math.max(at - createdAt, 0))
  }
  return (
    <>
      {isJittered && (
        <p className={styles.hint}>The dialect spreads its waits: up to a fifth shorter or longer than planned.</p>
      )}
      <PlainTable
        label="attempts, planned and made"
        head={['Attempt', 'Planned after', 'Made after', 'At', 'Outcome']}
        rows={numbers
          .toSorted((one, other) => one - other)
          .map((number) => {
            const attempt = made.get(number)
            const isNext = number === attempts.length + 1 && nextAttemptAt !== null
            const at = attempt?.startedAt ?? (isNext ? nextAttemptAt : undefined)
            return {
              key: number,
              cells: [
                number,
                after(planned.get(number)),
                after(at),
                <Time key="at" at={at === undefined ? null : new Date(at).toISOString()} />,
                attempt === undefined ? (isNext ? 'due next' : rest) : outcomes[attempt.outcome].name,
              ],
            }
          })}
      />
    </>
  )
}

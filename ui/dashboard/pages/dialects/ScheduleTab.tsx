import { counted } from '../../../shared/counted.ts'
import { SelectField, Filters } from '../../../shared/parts/fields.tsx'
import { Fact, Facts, Section } from '../../../shared/parts/Page.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { durationText } from '../../../shared/parts/Time.tsx'
import type { DialectPartProps } from './dialect-part.ts'
import styles from './dialects.module.css'
import { attemptsOf, jitterShare, marksOf, placeOf, type Scale } from './schedule.ts'
import { spanSeconds } from './words.ts'

const day = 86_400

/** The retries, drawn to scale, and as a table. */
export function ScheduleTab({ dialect: { retry }, search, change }: DialectPartProps) {
  const { attempts, waitsSeconds, jitter, timeoutSeconds } = retry
  const span = spanSeconds(waitsSeconds)
  const isLong = span >= day
  const scale: Scale = isLong && search['scale'] !== 'linear' ? 'log' : 'linear'
  const rows = attemptsOf(waitsSeconds, jitter).map(({ number, wait, at }) => ({
    key: number,
    cells: [
      number,
      number === 1 ? 'none' : seconds(wait),
      number === 1 ? 'at once' : seconds(at),
      number > 1 && jitter ? `± ${seconds(wait * jitterShare)}` : 'none',
      seconds(timeoutSeconds),
    ],
  }))
  return (
    <Section title="Schedule of attempts">
      <Facts>
        <Fact name="Attempts">{attempts}</Fact>
        <Fact name="From the first to the last">{seconds(span)}</Fact>
        <Fact name="Jitter">{jitter ? `each wait ± ${jitterShare * 100} %` : 'none'}</Fact>
        <Fact name="Timeout of an attempt">{seconds(timeoutSeconds)}</Fact>
      </Facts>
      {isLong && (
        <Filters>
          <SelectField
            label="Scale of time"
            value={scale}
            onChange={({ target }) => change({ scale: target.value === 'log' ? undefined : target.value })}
          >
            <option value="log">logarithmic</option>
            <option value="linear">linear</option>
          </SelectField>
        </Filters>
      )}
      {attempts > 1 && <Drawing waitsSeconds={waitsSeconds} jitter={jitter} scale={scale} />}
      <PlainTable label="The attempts" head={['Attempt', 'Wait', 'Since the event', 'Jitter', 'Timeout']} rows={rows} />
      <p className={styles.soft}>
        A receiver that is slow moves later attempts: a wait begins when the attempt before has ended. The answers 429
        and 503 may ask for a longer wait with Retry-After.
      </p>
    </Section>
  )
}

function seconds(value: number): string {
  return durationText(value * 1000)
}

interface DrawingProps {
  readonly waitsSeconds: readonly number[]
  readonly jitter: boolean
  readonly scale: Scale
}

const [width, left, right, line] = [960, 24, 40, 62]

/** The attempts on an axis of time. The table has the same facts for screen readers. */
function Drawing({ waitsSeconds, jitter, scale }: DrawingProps) {
  const attempts = attemptsOf(waitsSeconds, jitter)
  const last = attempts.at(-1)?.to ?? 0
  const place = placeOf(scale, last)
  const x = (at: number): number => left + place(Math.max(at, 0)) * (width - left - right)
  let labelled = -Infinity
  return (
    <div className={styles.drawing} tabIndex={0} role="region" aria-label="Drawing of the schedule">
      <svg
        viewBox={`0 0 ${width} 120`}
        role="img"
        aria-label={`${counted(attempts.length, 'attempt')} over ${seconds(spanSeconds(waitsSeconds))}`}
      >
        {marksOf(scale, last).map((at) => (
          <g key={at}>
            <line x1={x(at)} x2={x(at)} y1={20} y2={88} className={styles.mark} />
            <text x={x(at)} y={108} className={styles.markText}>
              {at === 0 ? 'event' : seconds(at)}
            </text>
          </g>
        ))}
        <line x1={left} x2={width - right} y1={line} y2={line} className={styles.axis} />
        {attempts.map(({ number, at, from, to }) => {
          const isApart = x(at) - labelled >= 16
          if (isApart) labelled = x(at)
          return (
            <g key={number}>
              <title>{`Attempt ${number}: ${seconds(at)} after the event`}</title>
              <rect x={x(from)} y={line - 9} width={x(to) - x(from)} height={18} rx={4} className={styles.jitter} />
              <circle cx={x(at)} cy={line} r={6} className={styles.attempt} />
              {isApart && (
                <text x={x(at)} y={line - 18} className={styles.number}>
                  {number}
                </text>
              )}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

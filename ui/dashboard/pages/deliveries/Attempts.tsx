import { Button } from '../../../shared/parts/Button.tsx'
import { PlainTable } from '../../../shared/parts/PlainTable.tsx'
import { OutcomeBadge } from '../../../shared/parts/Status.tsx'
import { Stranger } from '../../../shared/parts/Stranger.tsx'
import { durationText, Time } from '../../../shared/parts/Time.tsx'
import type { Attempt } from '../../../shared/types.ts'
import styles from './Deliveries.module.css'

export interface AttemptsProps {
  readonly attempts: readonly Attempt[]
  readonly chosen: number | undefined
  readonly onChoose: (number: number) => void
}

/** The attempts of a delivery. One of them is shown below. */
export function Attempts({ attempts, chosen, onChoose }: AttemptsProps) {
  return (
    <PlainTable
      label="attempts"
      head={['Attempt', 'Started', 'Outcome', 'Detail', 'Duration']}
      rows={attempts.map((attempt) => {
        const { number, startedAt, outcome, status, detail, durationMs, connections } = attempt
        return {
          key: number,
          isChosen: number === chosen,
          cells: [
            <Button
              key="choose"
              className={styles.number}
              aria-label={`Show attempt ${number}`}
              aria-pressed={number === chosen}
              onClick={() => onChoose(number)}
            >
              {number}
            </Button>,
            <Time key="started" at={startedAt} withMs />,
            <OutcomeBadge key="outcome" outcome={outcome} status={status} />,
            <span key="detail">
              <Stranger>{detail}</Stranger>
              {connections > 1 && `, on connection ${connections}`}
            </span>,
            <div key="duration">
              {durationText(durationMs)}
              <Phases phases={attempt.phases} />
            </div>,
          ],
        }
      })}
    />
  )
}

const phases = [
  ['nameMs', 'name', 'looking up the name'],
  ['connectMs', 'connect', 'connecting'],
  ['tlsMs', 'tls', 'TLS'],
  ['waitMs', 'wait', 'waiting for the answer'],
  ['bodyMs', 'body', 'reading the answer'],
] as const

export interface PhasesProps {
  readonly phases: Attempt['phases']
  /** The bar is explained in words. */
  readonly hasWords?: boolean
}

/** The parts of an attempt as a bar, to scale. */
export function Phases({ phases: given, hasWords = false }: PhasesProps) {
  if (given === null) return null
  const shown = phases.flatMap(([field, style, name]) => {
    const ms = given[field]
    return ms === null ? [] : [{ style, name, ms }]
  })
  const text = shown.map(({ name, ms }) => `${name} ${durationText(ms)}`).join(', ')
  return (
    <>
      <div className={styles.phases} role="img" aria-label={text} title={text}>
        {shown.map(({ style, ms }) => (
          <span key={style} className={styles[style]} style={{ flexGrow: ms }} />
        ))}
      </div>
      {hasWords && <span className={styles.hint}>{text}</span>}
    </>
  )
}

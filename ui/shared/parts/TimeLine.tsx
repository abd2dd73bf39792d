import { type RefObject, useEffect, useRef, useState } from 'react'
import { layOut, markSize, type TimedAttempt, type TimeLineInput } from '../time-line.ts'
import type { Attempt } from '../types.ts'
import { outcomes } from './Status.tsx'
import { durationText } from './Time.tsx'
import styles from './TimeLine.module.css'

type Outcome = Attempt['outcome']
export interface OutcomeAttempt extends TimedAttempt {
  readonly outcome: Outcome
}

export interface TimeLineProps extends Omit<TimeLineInput<OutcomeAttempt>, 'width'> {
  /** The picture in one sentence, for screen readers. */
  readonly label: string
  /** The attempt that is shown below. */
  readonly chosen: number | undefined
  readonly onChoose: (number: number) => void
}

const labels = 18
const radius = 8

/** The attempts of a delivery to scale: planned ones above the axis, real ones below it. */
export function TimeLine({ label, chosen, onChoose, ...input }: TimeLineProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const { planned, made, next, nowX, pausedX, ticks } = layOut({ ...input, width })
  const heightOf = (marks: readonly { readonly level: number }[]): number =>
    (Math.max(0, ...marks.map(({ level }) => level)) + 1) * markSize + 6
  const axis = labels + heightOf(planned)
  const height = axis + heightOf(next === null ? made : [...made, next]) + labels
  const above = (level: number): number => axis - (level + 0.5) * markSize - 3
  const below = (level: number): number => axis + (level + 0.5) * markSize + 3
  return (
    <div ref={frame} className={styles.frame}>
      <svg width={width} height={height} role="img" aria-label={label} className={styles.picture}>
        {ticks.map(({ x, afterMs }) => (
          <g key={afterMs}>
            <line x1={x} x2={x} y1={labels} y2={height - labels} className={styles.tick} />
            <text x={x} y={height - 4} textAnchor={anchor(x, width)} className={styles.label}>
              {afterMs === 0 ? 'created' : `+${durationText(afterMs)}`}
            </text>
          </g>
        ))}
        <line x1={0} x2={width} y1={axis} y2={axis} className={styles.axis} />
        {nowX !== null && <Moment x={nowX} name="now" width={width} height={height} />}
        {pausedX !== null && <Moment x={pausedX} name="pause ends" width={width} height={height} />}
        {planned.map(({ number, x, level }) => (
          <g key={number} className={styles.planned}>
            <circle cx={x} cy={above(level)} r={radius} />
            <text x={x} y={above(level)} className={styles.number}>
              {number}
            </text>
          </g>
        ))}
        {made.map(({ attempt, number, x, endX, level }) => (
          <g
            key={number}
            className={`${styles.made} ${styles[outcomes[attempt.outcome].tone]}`}
            data-outcome={attempt.outcome}
            onClick={() => onChoose(number)}
          >
            <line x1={x} x2={endX} y1={below(level)} y2={below(level)} className={styles.lasting} />
            <Shape outcome={attempt.outcome} x={x} y={below(level)} isChosen={number === chosen} />
            <text x={x} y={below(level)} className={styles.number}>
              {number}
            </text>
          </g>
        ))}
        {next !== null && (
          <g className={styles.next}>
            <circle cx={next.x} cy={below(next.level)} r={radius} />
            <text x={next.x} y={below(next.level)} className={styles.number}>
              {next.number}
            </text>
          </g>
        )}
      </svg>
      <Legend kinds={[...new Set(made.map(({ attempt }) => attempt.outcome))]} hasNext={next !== null} />
    </div>
  )
}

interface MomentProps {
  readonly x: number
  readonly name: string
  readonly width: number
  readonly height: number
}

function Moment({ x, name, width, height }: MomentProps) {
  return (
    <g>
      <line x1={x} x2={x} y1={labels} y2={height - labels} className={styles.now} />
      <text x={x} y={12} textAnchor={anchor(x, width)} className={styles.nowLabel}>
        {name}
      </text>
    </g>
  )
}

interface ShapeProps {
  readonly outcome: Outcome
  readonly x: number
  readonly y: number
  readonly isChosen?: boolean
}

/** A mark whose shape tells the outcome as well as its colour does. */
function Shape({ outcome, x, y, isChosen = false }: ShapeProps) {
  const points = shapes[outcome].map(([right, down]) => `${x + right * radius},${y + down * radius}`).join(' ')
  const className = isChosen ? styles.chosen : undefined
  if (points === '') return <circle cx={x} cy={y} r={radius} className={className} />
  return <polygon points={points} className={className} />
}

/** The corners of each shape, from its middle in radii; none: a circle. */
const shapes: Readonly<Record<Outcome, readonly (readonly [number, number])[]>> = {
  delivered: [],
  rejected: [
    [-0.95, -0.95],
    [0.95, -0.95],
    [0.95, 0.95],
    [-0.95, 0.95],
  ],
  timedOut: [
    [0, -1.25],
    [1.25, 0],
    [0, 1.25],
    [-1.25, 0],
  ],
  unreachable: [
    [-1.35, -0.95],
    [1.35, -0.95],
    [0, 1.5],
  ],
  blocked: [
    [-0.5, -1.1],
    [0.5, -1.1],
    [1.1, -0.4],
    [1.1, 0.5],
    [0.5, 1.1],
    [-0.5, 1.1],
    [-1.1, 0.5],
    [-1.1, -0.4],
  ],
}

function Legend({ kinds, hasNext }: { readonly kinds: readonly Outcome[]; readonly hasNext: boolean }) {
  return (
    <ul className={styles.legend}>
      <Entry className={styles.planned} name="planned by the dialect">
        <circle cx={10} cy={10} r={radius} />
      </Entry>
      {kinds.map((outcome) => (
        <Entry
          key={outcome}
          className={`${styles.made} ${styles[outcomes[outcome].tone]}`}
          name={outcomes[outcome].name}
        >
          <Shape outcome={outcome} x={10} y={10} />
        </Entry>
      ))}
      {hasNext && (
        <Entry className={styles.next} name="the next attempt">
          <circle cx={10} cy={10} r={radius} />
        </Entry>
      )}
    </ul>
  )
}

function Entry(props: {
  readonly className: string | undefined
  readonly name: string
  readonly children: React.ReactNode
}) {
  return (
    <li>
      <svg width={20} height={20} aria-hidden>
        <g className={props.className}>{props.children}</g>
      </svg>
      {props.name}
    </li>
  )
}

function anchor(x: number, width: number): 'start' | 'middle' | 'end' {
  if (x < 40) return 'start'
  return x > width - 40 ? 'end' : 'middle'
}

/** The width of an element in pixels, which follows the window. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(320)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 320)))
    if (element.current !== null) observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return width
}

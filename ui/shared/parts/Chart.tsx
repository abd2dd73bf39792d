import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { tickTexts } from '../chart-times.ts'
import { useSettings } from '../settings.ts'
import styles from './Chart.module.css'
import { timeText } from '../time-text.ts'

export interface Series {
  readonly name: string
  /** A colour of theme.css, such as `--good`. */
  readonly colour: string
  /** One value for each time; null: there is none. */
  readonly values: readonly (number | null)[]
  readonly isArea?: boolean
}

export interface ChartProps {
  readonly title: string
  /** Unix time in seconds, in order. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** The text of a value, with its unit. */
  readonly text: (value: number) => string
}

const height = 190

/** Values over time. The same values are in a table, for people who do not see the chart. */
export function Chart({ title, times, series, text }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const { scheme, zone } = useSettings()
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const colourOf = (name: string): string => resolved(element, name)
    const axis = {
      stroke: colourOf('--text-soft'),
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { show: false },
    }
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { points: { size: 6 } },
        legend: { live: true },
        tzDate: (seconds) =>
          zone === 'utc' ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000),
        axes: [
          { ...axis, values: (_chart, ticks, _axis, _space, step) => tickTexts(ticks, step, zone) },
          { ...axis, size: 64, values: (_chart, values) => values.map((value) => text(value)) },
        ],
        scales: { y: { range: (_chart, _min, max) => [0, Math.max(max, 1) * 1.1] } },
        series: [
          { value: (_chart, seconds) => (seconds === null ? '–' : timeText(seconds * 1000, zone)) },
          ...series.map(({ name, colour, values, isArea = false }, index) => ({
            label: name,
            stroke: colourOf(colour),
            width: 2,
            ...(isArea && { fill: `color-mix(in srgb, ${colourOf(colour)} 22%, transparent)` }),
            // A value between two times without any has no line.
            points: {
              // Points of equal values lie on each other: the later ones are smaller.
              size: 4 * (series.length - index),
              fill: colourOf(colour),
              filter: (_chart: uPlot, _index: number, areShown: boolean) => (areShown ? null : aloneIn(values)),
            },
            value: (_chart: uPlot, value: number | null) => (value === null ? '–' : text(value)),
          })),
        ],
      },
      [[...times], ...series.map(({ values }) => [...values])],
      element,
    )
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
  }, [times, series, text, scheme, zone])
  return (
    <figure className={styles.figure}>
      <figcaption>{title}</figcaption>
      <div ref={place} aria-hidden="true" />
      <details>
        <summary>The values as a table</summary>
        <div className={styles.scroller} tabIndex={0} role="region" aria-label={`${title}: values`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((at, index) => (
                <tr key={at}>
                  <th scope="row">{timeText(at * 1000, zone)}</th>
                  {series.map(({ name, values }) => {
                    const value = values[index] ?? null
                    return <td key={name}>{value === null ? '–' : text(value)}</td>
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}

/** The indexes of values that have none beside them. */
function aloneIn(values: Series['values']): number[] {
  const has = (index: number): boolean => typeof values[index] === 'number'
  return values.flatMap((_value, index) => (has(index) && !has(index - 1) && !has(index + 1) ? [index] : []))
}

/** A custom property as a colour that a canvas understands. */
function resolved(element: HTMLElement, name: string): string {
  const before = element.style.color
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.color = before
  return color
}

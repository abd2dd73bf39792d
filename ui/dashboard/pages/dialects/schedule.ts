// The schedule of a dialect, drawn to scale: places of attempts and of marks of time, in parts of the width.

export type Scale = 'linear' | 'log'

/** An attempt, in seconds. */
export interface Attempt {
  readonly number: number
  /** The wait since the attempt before; 0: it is the first one. */
  readonly wait: number
  /** The time since the event, if no attempt takes any time. */
  readonly at: number
  /** The earliest and the latest time by the jitter of its own wait. */
  readonly from: number
  readonly to: number
}

/** Each wait is up to so much longer or shorter. */
export const jitterShare = 0.2

export function attemptsOf(waitsSeconds: readonly number[], jitter: boolean): readonly Attempt[] {
  let at = 0
  return [0, ...waitsSeconds].map((wait, index) => {
    at += wait
    const spread = jitter ? wait * jitterShare : 0
    return { number: index + 1, wait, at, from: at - spread, to: at + spread }
  })
}

/** Returns the place of a time: 0 is the event, 1 the last time. */
export function placeOf(scale: Scale, last: number): (seconds: number) => number {
  if (last === 0) return () => 0
  // A minute is the smallest time that a logarithmic scale tells apart well from the event itself.
  return scale === 'linear'
    ? (seconds) => seconds / last
    : (seconds) => Math.log1p(seconds / 10) / Math.log1p(last / 10)
}

const [minute, hour, day] = [60, 3600, 86_400]
const steps = [1, 5, 10, 30, minute, 2 * minute, 5 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 6 * hour]
const longSteps = [12 * hour, day, 2 * day, 5 * day, 10 * day, 30 * day]

/** Times to mark: round ones, at least `gap` of the width away from each other. */
export function marksOf(scale: Scale, last: number, gap: number = 0.09): readonly number[] {
  const place = placeOf(scale, last)
  const times =
    scale === 'log'
      ? [...steps, ...longSteps]
      : multiples([...steps, ...longSteps].find((step) => step / last >= gap) ?? last, last)
  const marks = [0]
  for (const time of times) {
    if (time <= last && place(time) - place(marks.at(-1) ?? 0) >= gap) marks.push(time)
  }
  return marks
}

function multiples(step: number, last: number): number[] {
  return Array.from({ length: Math.floor(last / step) }, (_, index) => (index + 1) * step)
}

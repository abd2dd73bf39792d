// The places of a delivery's attempts on a time axis that begins when the delivery was created. Times are Unix
// milliseconds, places are pixels.

export interface TimedAttempt {
  /** 1 for the first attempt of a delivery. */
  readonly number: number
  readonly startedAt: number
  readonly durationMs: number
}

export interface TimeLineInput<Attempt extends TimedAttempt> {
  readonly createdAt: number
  readonly attempts: readonly Attempt[]
  /** Attempts before the schedule was last restarted. */
  readonly attemptsBefore: number
  /** The waits of the dialect: the first one follows the first attempt. */
  readonly waitsMs: readonly number[]
  /** When the next attempt is due; null: the delivery has ended. */
  readonly nextAttemptAt: number | null
  /** When the pause that the receiver has asked for ends; null: there is none. */
  readonly pausedUntil: number | null
  readonly now: number
  /**
   * The end of the axis: the last planned attempt, or the last thing that happened or happens next, or a time after the
   * creation in milliseconds.
   */
  readonly until: 'planned' | 'next' | number
  readonly width: number
}

export interface Mark {
  readonly number: number
  readonly at: number
  readonly x: number
  /** 0: on the axis. Marks that would cover others lie on further levels. */
  readonly level: number
}

export interface TimeLine<Attempt> {
  readonly planned: readonly Mark[]
  readonly made: readonly (Mark & {
    readonly attempt: Attempt
    /** Where the attempt ended. */
    readonly endX: number
  })[]
  readonly next: Mark | null
  /** Null: it is beyond the axis. */
  readonly nowX: number | null
  /** The end of the pause; null: there is none, or it is beyond the axis. */
  readonly pausedX: number | null
  /** Times after the creation. */
  readonly ticks: readonly { readonly x: number; readonly afterMs: number }[]
}

/** The width of a mark and the space beside it. */
export const markSize = 20
const levelsMax = 6
/** The axis begins and ends at this distance from the edge. */
const edge = 14
const shortest = 1000
const tickWidth = 84
const tickSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500]
  .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000))
  .concat([2, 3, 6, 12, 24, 48, 96, 168].map((hours) => hours * 3_600_000))

/** When each attempt of the current round is planned: the dialect's waits, without the time that the attempts take. */
export function plannedAttempts(
  input: Pick<TimeLineInput<TimedAttempt>, 'createdAt' | 'attempts' | 'attemptsBefore' | 'waitsMs' | 'nextAttemptAt'>,
): { readonly number: number; readonly at: number }[] {
  const { createdAt, attempts, attemptsBefore, waitsMs, nextAttemptAt } = input
  const first = attempts.find(({ number }) => number > attemptsBefore)?.startedAt ?? nextAttemptAt
  // An installation does not store when a schedule was restarted: its first attempt tells.
  let at = attemptsBefore === 0 ? createdAt : first
  if (at === null) return []
  const found = [{ number: attemptsBefore + 1, at }]
  for (const waitMs of waitsMs) found.push({ number: attemptsBefore + found.length + 1, at: (at += waitMs) })
  return found
}

export function layOut<Attempt extends TimedAttempt>(input: TimeLineInput<Attempt>): TimeLine<Attempt> {
  const { createdAt, attempts, nextAttemptAt, pausedUntil, now, width } = input
  const plan = plannedAttempts(input)
  const end = endOf(input, plan)
  const span = end - createdAt
  const place = (at: number): number => edge + (Math.max(at - createdAt, 0) / span) * (width - 2 * edge)

  const real = attempts.map((attempt) => ({ attempt, number: attempt.number, at: attempt.startedAt }))
  const next = nextAttemptAt === null ? null : { attempt: null, number: attempts.length + 1, at: nextAttemptAt }
  const isShown = ({ at }: { readonly at: number }): boolean => at <= end
  const marks = stacked((next === null ? real : [...real, next]).filter(isShown), place)
  return {
    planned: stacked(plan.filter(isShown), place),
    made: marks.flatMap((mark) => {
      const { attempt } = mark
      return attempt === null
        ? []
        : [{ ...mark, attempt, endX: place(Math.min(attempt.startedAt + attempt.durationMs, end)) }]
    }),
    next: marks.find(({ attempt }) => attempt === null) ?? null,
    nowX: now <= end ? place(now) : null,
    pausedX: pausedUntil !== null && pausedUntil <= end ? place(pausedUntil) : null,
    ticks: ticksOf(span, width).map((afterMs) => ({ x: place(createdAt + afterMs), afterMs })),
  }
}

function endOf(input: TimeLineInput<TimedAttempt>, plan: readonly { readonly at: number }[]): number {
  const { createdAt, attempts, nextAttemptAt, pausedUntil, now, until } = input
  if (typeof until === 'number') return createdAt + until
  const ends = attempts.map(({ startedAt, durationMs }) => startedAt + durationMs)
  const coming = nextAttemptAt === null ? [] : [nextAttemptAt, now, pausedUntil ?? now]
  return Math.max(createdAt + shortest, ...ends, ...coming, ...(until === 'planned' ? plan.map(({ at }) => at) : []))
}

/** Each mark gets the lowest level on which it covers no other one. */
function stacked<Point extends { readonly at: number }>(
  points: readonly Point[],
  place: (at: number) => number,
): (Point & { readonly x: number; readonly level: number })[] {
  const lastX: number[] = []
  return points.map((point) => {
    const x = place(point.at)
    const free = Array.from({ length: levelsMax }, (_, level) => lastX[level] ?? -Infinity)
    const found = free.findIndex((last) => x - last >= markSize)
    const level = found === -1 ? levelsMax - 1 : found
    lastX[level] = x
    return { ...point, x, level }
  })
}

function ticksOf(span: number, width: number): number[] {
  const most = Math.max(Math.floor((width - 2 * edge) / tickWidth), 1)
  const largest = tickSteps.at(-1) as number
  const step = tickSteps.find((ms) => span / ms <= most) ?? Math.ceil(span / most / largest) * largest
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step)
}

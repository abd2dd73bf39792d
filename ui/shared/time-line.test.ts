import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { layOut, markSize, plannedAttempts, type TimeLineInput, type TimedAttempt } from './time-line.ts'

const day = 86_400_000
const attempt = (number: number, startedAt: number, durationMs: number = 50): TimedAttempt => ({
  number,
  startedAt,
  durationMs,
})
const ofDelivery = (input: Partial<TimeLineInput<TimedAttempt>>) =>
  layOut({
    createdAt: 0,
    attempts: [],
    attemptsBefore: 0,
    waitsMs: [],
    nextAttemptAt: null,
    pausedUntil: null,
    now: 10 * day,
    until: 'planned',
    width: 1000,
    ...input,
  })

suite('the plan of the attempts', () => {
  const plan = { createdAt: 1000, attempts: [], attemptsBefore: 0, waitsMs: [5000, 60_000], nextAttemptAt: null }

  test('begins when the delivery was created, and adds the waits', () => {
    assert.deepEqual(plannedAttempts(plan), [
      { number: 1, at: 1000 },
      { number: 2, at: 6000 },
      { number: 3, at: 66_000 },
    ])
  })

  test('of a schedule that was restarted begins with its first attempt, or the next one', () => {
    const restarted = { ...plan, attemptsBefore: 3, attempts: [attempt(3, 66_000), attempt(4, 90_000)] }
    assert.deepEqual(plannedAttempts(restarted)[0], { number: 4, at: 90_000 })
    assert.deepEqual(plannedAttempts(restarted)[2], { number: 6, at: 155_000 })
    assert.deepEqual(plannedAttempts({ ...restarted, attempts: [], nextAttemptAt: 95_000 })[0], {
      number: 4,
      at: 95_000,
    })
    assert.deepEqual(plannedAttempts({ ...restarted, attempts: [] }), [])
  })
})

suite('the time line', () => {
  test('is to scale, from the creation to the last planned attempt', () => {
    const { planned, made, next } = ofDelivery({
      waitsMs: [25_000, 75_000],
      attempts: [attempt(1, 0), attempt(2, 30_000, 5000)],
      nextAttemptAt: 100_000,
      now: 40_000,
    })
    const [start, , end] = planned.map(({ x }) => x) as [number, number, number]
    const share = (x: number): number => Math.round(((x - start) / (end - start)) * 1e6) / 1e6
    assert.ok(start > 0 && end < 1000)
    assert.equal(share(planned[1]?.x ?? 0), 0.25)
    assert.equal(share(made[1]?.x ?? 0), 0.3)
    assert.equal(share(made[1]?.endX ?? 0), 0.35)
    assert.deepEqual([next?.number, share(next?.x ?? 0)], [3, 1])
  })

  test('without the whole schedule, it ends with the last thing that happened', () => {
    const attempts = [attempt(1, 20, 100), attempt(2, 5000, 5000)]
    const input = { waitsMs: [5000, 3 * day], attempts, until: 'next' } as const
    const { planned, made, nowX } = ofDelivery(input)
    assert.deepEqual(
      planned.map(({ number }) => number),
      [1, 2],
    )
    assert.ok((made[1]?.endX ?? 0) > 950)
    assert.equal(nowX, null)
    const { nowX: soon } = ofDelivery({ ...input, nextAttemptAt: 20_000, now: 15_000 })
    assert.ok(soon !== null && soon > 700 && soon < 750)
  })

  test('has the end of a pause, with which a delivery waits longer than planned', () => {
    const input = { attempts: [attempt(1, 0)], nextAttemptAt: 5000, now: 2000, until: 'next' } as const
    const { pausedX, next } = ofDelivery({ ...input, pausedUntil: 60_000 })
    assert.ok(pausedX !== null && pausedX > 900 && (next?.x ?? 0) < 200)
    assert.equal(ofDelivery(input).pausedX, null)
  })

  test('with one quick attempt lasts a second', () => {
    const { made, ticks } = ofDelivery({ attempts: [attempt(1, 10, 40)], until: 'next' })
    assert.ok((made[0]?.x ?? 0) < 30)
    assert.deepEqual([ticks[0]?.afterMs, ticks.at(-1)?.afterMs], [0, 1000])
  })

  test('of 20 attempts over 3 days covers no mark, and has few ticks', () => {
    const waits = [
      1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 43_200, 57_600, 57_600,
    ]
    let at = 0
    const attempts = [0, ...waits].map((wait, index) => attempt(index + 1, (at += wait * 1000)))
    for (const width of [320, 1000]) {
      const { made, planned, ticks } = ofDelivery({ waitsMs: waits.map((wait) => wait * 1000), attempts, width })
      assert.equal(made.length, 20)
      for (const marks of [made, planned]) {
        const covered = marks.filter((mark, index) =>
          marks.slice(0, index).some(({ x, level }) => level === mark.level && mark.x - x < markSize),
        )
        // Ten attempts of the first minutes stand in one place: the last level holds those beyond the others.
        assert.ok(
          covered.every(({ level }) => level === 5),
          JSON.stringify(covered),
        )
      }
      assert.ok(ticks.length >= 3 && ticks.length <= 12, `${ticks.length} ticks`)
    }
  })

  test('until a chosen time has what lies before it', () => {
    const attempts = [attempt(1, 0), attempt(2, 50_000, 30_000), attempt(3, 70_000)]
    const { made, planned, next, nowX } = ofDelivery({
      waitsMs: [50_000, day],
      attempts,
      nextAttemptAt: day,
      until: 60_000,
    })
    assert.deepEqual([made.length, planned.length, next, nowX], [2, 2, null, null])
    assert.ok((made[1]?.endX ?? 1000) < 1000)
  })

  test('has ticks however long it is', () => {
    for (const span of [1000, 1300, 59_000, 3_600_000, 3 * day, 90 * day, 4000 * day]) {
      const { ticks } = ofDelivery({ attempts: [attempt(1, 0), attempt(2, span, 0)], until: 'next' })
      assert.ok(ticks.length >= 3 && ticks.length <= 12, `${ticks.length} ticks in ${span} ms`)
    }
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Progress } from './progress.ts'

/** All that a long work writes on a terminal or elsewhere. Its second part goes on after an earlier run, for 110 s. */
function outputOf(isTTY: boolean): string {
  let [text, now] = ['', 5000]
  const write = (more: string): void => void (text += more)
  const progress = new Progress({ isTTY, write }, () => now)
  progress.begin('tenants', 2, 0)
  progress.advance(2)
  progress.end()
  progress.begin('deliveries', 12_000, 1000)
  for (const [ms, rows] of [
    [50, 100],
    [50, 100],
    [50, 100],
    [9850, 4700],
    [100_000, 6000],
  ] as const) {
    now += ms
    progress.advance(rows)
  }
  progress.end()
  return text
}

suite('the progress of a long work', () => {
  test('is a line per part when it is done, where no terminal is', () => {
    assert.equal(
      outputOf(false),
      '  tenants                 2\n' +
        '  deliveries              12,000  in 2 min, 100/s, 1,000 of them by an earlier run\n',
    )
  })

  test('is a line on a terminal, which is updated every 100 ms', () => {
    const bar = (full: number): string => '█'.repeat(full) + '░'.repeat(24 - full)
    const lines = [
      `tenants                 ${bar(0)}  0 of 2`,
      'tenants                 2\n',
      `deliveries              ${bar(2)}  1,000 of 12,000`,
      `deliveries              ${bar(2)}  1,200 of 12,000  2,000/s  5.4 s left`,
      `deliveries              ${bar(12)}  6,000 of 12,000  500/s  12 s left`,
      `deliveries              ${bar(24)}  12,000 of 12,000  100/s  0.0 s left`,
      'deliveries              12,000  in 2 min, 100/s, 1,000 of them by an earlier run\n',
    ]
    assert.equal(outputOf(true), lines.map((line) => `\r  ${line.replace(/$/m, '\u001b[K')}`).join(''))
  })

  test('has a space after a long name', () => {
    let text = ''
    const progress = new Progress({ write: (more) => (text += more) })
    progress.begin('stats_former_endpoints', 7, 0)
    progress.advance(7)
    progress.end()
    assert.equal(text, '  stats_former_endpoints  7\n')
  })
})

// npm run simulate -- --seeds N [--from SEED]   N runs with consecutive seeds; default: 1000 runs from seed 1
// npm run simulate -- --seed SEED               one run, with a trace of every step

import { parseArgs } from 'node:util'
import { openFile } from './database.ts'
import { simulate } from './run.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string' } },
})
const { db, close } = openFile()
if (values.seed === undefined) await many(Number(values.from ?? 1), Number(values.seeds ?? 1000))
else await one(Number(values.seed))
close()

async function one(seed: number): Promise<void> {
  const { violations, counts } = await simulate(seed, { db, trace: (line) => console.log(line) })
  console.log(JSON.stringify(counts))
  tell(seed, violations)
}

async function many(from: number, count: number): Promise<void> {
  const totals: Record<string, number> = {}
  const beganAt = performance.now()
  let failed = 0
  for (let seed = from; seed < from + count; seed++) {
    const { violations, counts } = await simulate(seed, { db })
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value
    if (violations.length === 0) continue
    failed += 1
    tell(seed, violations)
  }
  const ms = Math.round((performance.now() - beganAt) / count)
  console.log(`${count} seeds from ${from}, ${failed} failed, ${ms} ms each: ${JSON.stringify(totals)}`)
}

function tell(seed: number, violations: readonly string[]): void {
  if (violations.length > 0) process.exitCode = 1
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`)
}

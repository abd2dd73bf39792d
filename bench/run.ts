// The entry of `npm run bench`: runs the named figures (default: all) and prints one table.
//
//     npm run bench -- [P1 …] [--database postgres] [--runs 5] [--seconds 4] [--small] [--save] [--against CHECKOUT] [--dashboard]
//                   [--tracing 0.01]

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { BenchOptions, Figure, FigureResult } from './figure.ts'
import { p5, p5OnPostgres, p6 } from './backlog.ts'
import { describeMachine } from './machine.ts'
import { p1, p2 } from './accept-and-deliver.ts'
import { p3 } from './get-webhook.ts'
import { p4 } from './latency.ts'
import { p7 } from './neighbours.ts'
import { p8 } from './hostile-tenant.ts'
import { nodes } from './nodes.ts'
import { overload } from './overload.ts'
import { resultTable, saveResults } from './report.ts'
import { stages } from './stages.ts'

const figures: readonly Figure[] = [p1, p2, p3, p4, p5, p5OnPostgres, p6, p7, p8, overload, ...nodes, stages]

const say = (line: string): void => console.log(line)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      database: { type: 'string' },
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      small: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      against: { type: 'string' },
      dashboard: { type: 'boolean', default: false },
      tracing: { type: 'string' },
    },
  })
  const against = values.against === undefined ? null : resolve(values.against)
  const { dashboard } = values
  const tracing = values.tracing === undefined ? null : positive('--tracing', values.tracing)
  const options: BenchOptions = values.small
    ? { small: true, runs: 1, seconds: 0.15, against, dashboard, tracing }
    : {
        small: false,
        runs: positive('--runs', values.runs),
        seconds: positive('--seconds', values.seconds),
        against,
        dashboard,
        tracing,
      }
  const chosen = choose(positionals, values.database)
  endWithin(chosen.length * (180 + options.runs * (options.seconds * 6 + 20)))

  const machine = describeMachine()
  say(`${machine.cpu}, ${machine.cores} cores, node ${machine.node}, fdatasync ${machine.fdatasyncMicroseconds} µs`)
  if (machine.diskIsMemory) say('WARNING: the temporary folder is in memory, so fsync costs nothing: set TMPDIR')
  const results: FigureResult[] = []
  for (const figure of chosen) {
    say(`\n${figure.id}`)
    const measured = [await figure.run(options, (line) => say(`  ${line}`))].flat()
    results.push(...measured)
    if (values.save) say(`  saved ${saveResults(figure.id, measured, machine, options)}`)
  }
  say(`\n${resultTable(results)}`)
  if (options.small) say('(--small: shows that the scenarios work, measures nothing)')
}

function choose(names: readonly string[], database: string | undefined): readonly Figure[] {
  if (names.length === 0) return figures.filter((figure) => database === undefined || figure.database === database)
  return names.map((name) => {
    const figure = figures.find(({ id }) => id === name.toUpperCase())
    if (figure === undefined) throw new Error(`no figure ${name}; there are ${figures.map(({ id }) => id).join(', ')}`)
    return figure
  })
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${name} must be a number above 0, not ${text}`)
  return number
}

/** Ends the process, and with it all child processes, so that a bench that hangs does not leave servers running. */
function endWithin(seconds: number): void {
  setTimeout(() => {
    console.error(`bench: not finished within ${seconds} s`)
    process.exit(1)
  }, seconds * 1_000).unref()
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
}

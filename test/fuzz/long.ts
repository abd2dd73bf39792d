// `npm run test:fuzz -- [--requests 1000000] [--minutes 30] [--seed n] [--path p]`: fuzzes a server until the number of
// requests or the time is reached. The printed seed replays a run; the seed and the printed path replay a failure.

import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
  },
})

console.log(`seed ${values.seed}`)
const result = await fuzz({
  seed: Number(values.seed),
  requests: Number(values.requests),
  timeMs: Number(values.minutes) * 60_000,
  report: (line) => console.log(line),
  ...(values.path !== undefined && { path: values.path }),
})
console.log(result)

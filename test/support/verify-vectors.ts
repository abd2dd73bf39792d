// Verifies deliveries with packages/verify, in the runtime that runs this file. The argument is a file with deliveries, and
// the output is JSON: the number of deliveries, and the titles of those about which it is wrong.

import { readFileSync } from 'node:fs'
import process from 'node:process'
import { verify } from '../../packages/verify/src/index.ts'
import type { Captured } from './captured-deliveries.ts'

const captured = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as readonly Captured[]
let count = 0
const wrong: string[] = []
for (const { name, recipe, vectors } of captured) {
  for (const vector of vectors) {
    const fault = await verify({ recipe, ...vector }).then(() => null, String)
    count += 1
    if ((fault === null) !== vector.isValid) wrong.push(`${name}, ${vector.title}: ${fault}`)
  }
}
console.log(JSON.stringify({ count, wrong }))

// The program of runtimes that read files: its argument is a file with deliveries, and its output is JSON.

import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { Captured } from './captured-deliveries.ts'
import { verifyVectors } from './verify-vectors.ts'

const captured = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as readonly Captured[]
console.log(JSON.stringify(await verifyVectors(captured)))

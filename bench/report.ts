// How results are shown and kept.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchOptions, FigureResult } from './figure.ts'
import { type Machine, currentCommit } from './machine.ts'
import { pairedRatios, summarize } from './statistics.ts'

/** One table of all figures; the spread is the least and the greatest ratio of two neighbouring runs. */
export function resultTable(results: readonly FigureResult[]): string {
  const head = ['figure', 'ours', 'baseline', 'ratio', 'spread', 'target', 'unit']
  const rows = [head, ...results.map(row)]
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [...rows.map(line), ...results.map((result) => `${result.id}: ${result.what}`)].join('\n')
}

/** The median of the paired ratios: on a machine that drifts, a ratio of two medians compares different moments. */
export function ratioOf(result: FigureResult): number {
  return summarize(pairedRatios(result.ours, result.baseline)).median
}

/** Writes `bench/results/<date>-<commit>-<figure>.json` and returns its path. */
export function saveResult(result: FigureResult, machine: Machine, options: BenchOptions): string {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const date = new Date().toISOString()
  const commit = currentCommit()
  const path = join(folder, `${date.slice(0, 10)}-${commit}-${result.id.toLowerCase()}.json`)
  const saved = { ...result, ratio: ratioOf(result), date, commit, machine, options }
  writeFileSync(path, `${JSON.stringify(saved, null, 2)}\n`)
  return path
}

function row(result: FigureResult): string[] {
  const ratio = ratioOf(result)
  const spread = summarize(pairedRatios(result.ours, result.baseline))
  return [
    result.id,
    medianAndRange(result.ours),
    medianAndRange(result.baseline),
    ratio.toFixed(2),
    `${spread.min.toFixed(2)}–${spread.max.toFixed(2)}`,
    result.target === null ? '–' : `≥ ${result.target.toFixed(2)} ${ratio >= result.target ? 'met' : 'missed'}`,
    result.unit,
  ]
}

function medianAndRange(values: readonly number[]): string {
  const { median, min, max } = summarize(values)
  return `${Math.round(median)} (${Math.round(min)}–${Math.round(max)})`
}

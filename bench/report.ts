// Prints and saves results.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchOptions, FigureResult, Target } from './figure.ts'
import { type Machine, currentCommit } from './machine.ts'
import { type Summary, pairedRatios, summarize } from './statistics.ts'

/** One table of all figures. The spread is the least and the greatest ratio of two neighbouring runs. */
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

/**
 * The median of the ratios of neighbouring runs; null without a baseline. A ratio of two medians would compare
 * different moments of a machine whose speed drifts.
 */
export function ratioOf(result: FigureResult): number | null {
  return ratios(result)?.median ?? null
}

/** Writes `bench/results/<date>-<commit>-<figure>.json` and returns its path. */
export function saveResults(
  id: string,
  results: readonly FigureResult[],
  machine: Machine,
  options: BenchOptions,
): string {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const date = new Date().toISOString()
  const commit = currentCommit()
  const path = join(folder, `${date.slice(0, 10)}-${commit}-${id.toLowerCase()}.json`)
  const withRatios = results.map((result) => ({ ...result, ratio: ratioOf(result) }))
  const saved = { figure: id, date, commit, machine, options, results: withRatios }
  writeFileSync(path, `${JSON.stringify(saved, null, 2)}\n`)
  return path
}

function row(result: FigureResult): string[] {
  const ratio = ratios(result)
  return [
    result.id,
    medianAndRange(result.ours),
    result.baseline === null ? '–' : medianAndRange(result.baseline),
    ratio === null ? '–' : ratio.median.toFixed(2),
    ratio === null ? '–' : `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
    result.target === null ? '–' : verdict(result.target, ratio),
    result.unit,
  ]

  function verdict(target: Target, against: Summary | null): string {
    const value = against?.median ?? summarize(result.ours).median
    const { sign, limit, isMet } =
      'atLeast' in target
        ? { sign: '≥', limit: target.atLeast, isMet: value >= target.atLeast }
        : { sign: '≤', limit: target.atMost, isMet: value <= target.atMost }
    return `${sign} ${against === null ? limit : limit.toFixed(2)} ${isMet ? 'met' : 'missed'}`
  }
}

function ratios({ ours, baseline }: FigureResult): Summary | null {
  return baseline === null ? null : summarize(pairedRatios(ours, baseline))
}

function medianAndRange(values: readonly number[]): string {
  const { median, min, max } = summarize(values)
  const shown = (value: number): string => value.toFixed(median < 100 ? 1 : 0)
  return `${shown(median)} (${shown(min)}–${shown(max)})`
}

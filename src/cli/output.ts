// Text for people and for programs. Texts from strangers never command the terminal.

import { styleText } from 'node:util'
import stringWidth from 'fast-string-width'

type Style = Parameters<typeof styleText>[0]

/** Characters that command a terminal, that reorder the text around them, or that are invisible. */
const commanding = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const commandingInLines = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text on one line, with such characters as `\u{1b}`. */
export function safe(text: string): string {
  return text.replaceAll(commanding, escaped)
}

/** As `safe`; line breaks and tabs stay. */
export function safeLines(text: string): string {
  return text.replaceAll(commandingInLines, escaped)
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

/** Formats JSON over several lines, or on one. Such characters are escaped, which does not change its meaning. */
export function jsonText(value: unknown, indent: 0 | 2 = 2): string {
  return JSON.stringify(value, null, indent).replaceAll(commandingInLines, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** Colours the text if stdout is a terminal that shows colours. NO_COLOR switches them off. */
export function painted(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** A text of a table; null is shown as `-`. */
export type Cell = string | number | boolean | null | { readonly text: string; readonly style: Style }

const gap = '  '

/** Formats rows under their titles. The result ends with a line break. */
export function table(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map(shownCell))
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => stringWidth(row[column]?.text ?? ''))),
  )
  const line = (row: readonly ShownCell[]): string =>
    row
      .map(({ text, style }, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - stringWidth(text))
        return (style === null ? text : painted(style, text)) + padding
      })
      .join(gap)
      .trimEnd()
  const head = titles.map((text): ShownCell => ({ text, style: 'bold' }))
  return `${[head, ...cells].map(line).join('\n')}\n`
}

/** Formats names with their values, one a line. The result ends with a line break. */
export function facts(pairs: Readonly<Record<string, Cell>>): string {
  const width = Math.max(...Object.keys(pairs).map((name) => name.length))
  return Object.entries(pairs)
    .map(([name, value]) => {
      const { text, style } = shownCell(value)
      return `${painted('dim', name.padEnd(width))}${gap}${style === null ? text : painted(style, text)}\n`
    })
    .join('')
}

interface ShownCell {
  readonly text: string
  readonly style: Style | null
}

function shownCell(cell: Cell): ShownCell {
  if (cell === null || cell === '') return { text: '-', style: null }
  if (typeof cell !== 'object') return { text: safe(String(cell)), style: null }
  return { text: safe(cell.text), style: cell.style }
}

/** An ISO time without its fraction; null stays null. */
export function timeText(iso: string | null): string | null {
  return iso === null ? null : iso.replace(/\.\d+Z$/, 'Z')
}

const stateStyles: Readonly<Record<string, Style>> = {
  delivered: 'green',
  healthy: 'green',
  done: 'green',
  ok: 'green',
  pending: 'yellow',
  warning: 'yellow',
  running: 'yellow',
  failed: 'red',
  failing: 'red',
  fault: 'red',
  cancelled: 'dim',
  disabled: 'dim',
}

/** A state in its colour. */
export function stateCell(state: string): Cell {
  return { text: state, style: stateStyles[state] ?? 'reset' }
}

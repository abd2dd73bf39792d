import { useState } from 'react'
import { Button } from './Button.tsx'
import styles from './Code.module.css'
import { Stranger } from './Stranger.tsx'

/** Copies a text, and says so. */
export function Copy({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [done, setDone] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    setTimeout(() => setDone(false), 2000)
  }
  return (
    <Button kind="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{done ? 'Copied' : label}</span>
    </Button>
  )
}

export interface CodeProps {
  /** The text, as it is copied. */
  readonly children: string
  readonly title?: string
  /** Long lines are broken instead of scrolled. */
  readonly isWrapped?: boolean
}

/** A block of code or data, with a button that copies it. Hidden characters are shown. */
export function Code({ children: text, title, isWrapped = false }: CodeProps) {
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.head}>
        <span>{title}</span>
        <Copy text={text} />
      </figcaption>
      {/* A keyboard can scroll it. */}
      <pre className={`${styles.text} ${isWrapped ? styles.wrapped : ''}`} tabIndex={0} aria-label={title}>
        <Stranger isBlock>{text}</Stranger>
      </pre>
    </figure>
  )
}

/** JSON with line breaks; any other text unchanged. Numbers keep all their digits. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(parser.parse(text, asWritten), null, 2)
  } catch {
    return text
  }
}

// ECMAScript 2026, which TypeScript's library lacks.
const parser = JSON as unknown as {
  parse(text: string, revive: (key: string, value: unknown, context?: { readonly source?: string }) => unknown): unknown
  rawJSON?(source: string): unknown
}

function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return parser.rawJSON?.(context.source) ?? value
}

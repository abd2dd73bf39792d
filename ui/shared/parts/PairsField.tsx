import { type ReactNode, useId } from 'react'
import { Button } from './Button.tsx'
import styles from './fields.module.css'
import { FieldNotes } from './fields.tsx'

export interface Pair {
  readonly name: string
  readonly value: string
}

export interface PairsFieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  /** The word for one of them: `header`. */
  readonly one: string
  readonly pairs: readonly Pair[]
  readonly onChange: (pairs: readonly Pair[]) => void
  /** More parts of a row, such as a switch. */
  readonly more?: (pair: Pair, index: number) => ReactNode
}

/** Names with values, such as headers. */
export function PairsField({ label, hint, error, one, pairs, onChange, more }: PairsFieldProps) {
  const id = useId()
  const change = (index: number, part: Partial<Pair>): void =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)))
  return (
    <fieldset className={styles.group} aria-describedby={`${id}-hint ${id}-error`}>
      <legend className={styles.label}>{label}</legend>
      {pairs.map((pair, index) => (
        // Rows have no identity but their place.
        <div key={index} className={styles.pair}>
          <input
            className={styles.input}
            aria-label={`Name of ${one} ${index + 1}`}
            placeholder="name"
            spellCheck={false}
            value={pair.name}
            onChange={({ target }) => change(index, { name: target.value })}
          />
          <input
            className={styles.input}
            aria-label={`Value of ${one} ${index + 1}`}
            placeholder="value"
            spellCheck={false}
            value={pair.value}
            onChange={({ target }) => change(index, { value: target.value })}
          />
          <Button kind="quiet" onClick={() => onChange(pairs.filter((_pair, at) => at !== index))}>
            Remove
          </Button>
          {more?.(pair, index)}
        </div>
      ))}
      <div>
        <Button onClick={() => onChange([...pairs, { name: '', value: '' }])}>Add {one}</Button>
      </div>
      <FieldNotes {...{ id, hint, error }} />
    </fieldset>
  )
}

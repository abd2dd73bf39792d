import { TextField } from '../../../shared/parts/fields.tsx'

export interface EndFieldProps {
  /** The value of the field; empty: the key has no end. */
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error: string | undefined
}

/** The end of a key, in the time of this browser. */
export function EndField({ value, onChange, error }: EndFieldProps) {
  return (
    <TextField
      label="Ends"
      type="datetime-local"
      hint="In the time of this browser. Empty: never."
      value={value}
      onChange={({ target }) => onChange(target.value)}
      error={error}
    />
  )
}

/** The time of the API. Null: never. */
export function endOf(value: string): string | null {
  return value === '' ? null : new Date(value).toISOString()
}

/** The value of the field from a time of the API. */
export function endValue(at: string | null): string {
  if (at === null) return ''
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

import { type ReactNode, useEffect, useState } from 'react'
import { useSettings, type Zone } from '../settings.ts'
import { TextField } from './fields.tsx'
import { timeText } from '../time-text.ts'

export interface TimeFieldProps {
  readonly label: ReactNode
  readonly error?: string | undefined
  readonly isRequired?: boolean
  /** ISO 8601; empty: no time. */
  readonly value: string
  readonly onDone: (value: string) => void
}

/** A time in the chosen zone, to the second. */
export function TimeField({ label, error, isRequired, value, onDone }: TimeFieldProps) {
  const { zone } = useSettings()
  const [draft, setDraft] = useState(() => inputText(value, zone))
  useEffect(() => setDraft(inputText(value, zone)), [value, zone])
  const done = (): void => {
    // A time that was not changed keeps its milliseconds.
    if (draft !== inputText(value, zone)) onDone(isoText(draft, zone))
  }
  return (
    <TextField
      type="datetime-local"
      step={1}
      label={label}
      hint={zone === 'utc' ? 'UTC' : undefined}
      error={error}
      isRequired={isRequired}
      value={draft}
      onChange={({ target }) => setDraft(target.value)}
      onBlur={done}
      onKeyDown={({ key }) => {
        if (key === 'Enter') done()
      }}
    />
  )
}

function inputText(iso: string, zone: Zone): string {
  return Number.isNaN(Date.parse(iso)) ? '' : timeText(iso, zone).replace(' ', 'T')
}

function isoText(text: string, zone: Zone): string {
  const date = new Date(zone === 'utc' ? `${text}Z` : text)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

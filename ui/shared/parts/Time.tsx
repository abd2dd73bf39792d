import { useEffect, useState } from 'react'
import { useSettings } from '../settings.ts'
import { timeText } from '../time-text.ts'

/** A time in the chosen zone. Its title is the time in UTC with milliseconds. */
export function Time({ at, withMs = false }: { readonly at: string | null; readonly withMs?: boolean }) {
  const { zone } = useSettings()
  if (at === null) return <>–</>
  return (
    <time dateTime={at} title={`${timeText(at, 'utc', true)} UTC`}>
      {timeText(at, zone, withMs)}
    </time>
  )
}

/** `0.4 ms`, `250 ms`, `1.5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`
  const seconds = Math.round(ms / 1000)
  const units = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ] as const
  const [big, bigName, small, smallName] = units.find(([size]) => seconds >= size) ?? units[2]
  const rest = Math.floor((seconds % big) / small)
  return `${Math.floor(seconds / big)} ${bigName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`
}

/** The present in Unix milliseconds, which goes on while the page is shown. @param isRunning false: it stands still */
export function useNow(isRunning: boolean, everyMs: number = 1000): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!isRunning) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [isRunning, everyMs])
  return now
}

// The choices of a person for this browser: the colour scheme, and the time zone of all times.

import { useSyncExternalStore } from 'react'

export type Scheme = 'system' | 'light' | 'dark'
export type Zone = 'local' | 'utc'

export interface PageSettings {
  readonly scheme: Scheme
  readonly zone: Zone
}

const key = 'posthorn.settings'
const listeners = new Set<() => void>()
let current: PageSettings = { scheme: 'system', zone: 'local', ...stored() }
apply(current)

function stored(): Partial<PageSettings> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<PageSettings>
  } catch {
    // Storage may be forbidden, for example in a frame of another site.
    return {}
  }
}

export function changeSettings(change: Partial<PageSettings>): void {
  current = { ...current, ...change }
  apply(current)
  try {
    localStorage.setItem(key, JSON.stringify(current))
  } catch {
    // The choice then lasts as long as the page.
  }
  for (const listener of listeners) listener()
}

export function useSettings(): PageSettings {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => current,
  )
}

function apply({ scheme }: PageSettings): void {
  document.documentElement.style.colorScheme = scheme === 'system' ? 'light dark' : scheme
}

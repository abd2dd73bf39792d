// The times below a chart, in the form of all times of the pages.

import type { Zone } from './settings.ts'
import { timeText } from './time-text.ts'

const day = 86_400

/** @param times Unix times in seconds @param step the seconds between two of them */
export function tickTexts(times: readonly number[], step: number, zone: Zone): string[] {
  let last = ''
  return times.map((at) => {
    const [date = '', clock = ''] = timeText(at * 1000, zone).split(' ')
    if (step >= day) return date
    const text = step < 60 ? clock : clock.slice(0, 5)
    const isOther = date !== last
    last = date
    return isOther ? `${text}\n${date}` : text
  })
}

import { setTimeout as sleep } from 'node:timers/promises'

const waitMsMax = 5000
const againMs = 5

/** Waits until a condition holds; false: it does not hold after 5 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const giveUpAt = performance.now() + waitMsMax
  while (!(await holds())) {
    if (performance.now() > giveUpAt) return false
    await sleep(againMs)
  }
  return true
}

// A dashboard that an operator has open: the overview reads the stream, and repeats its other reads as the page does.

import { request } from 'undici'

export interface OpenDashboard {
  close(): void
}

const minuteMs = 60_000

/** The reads of the overview, and the time after which each is repeated (`everyMs` in ui/dashboard/pages/overview). */
function reads(): readonly (readonly [path: string, everyMs: number])[] {
  const from = new Date(Math.floor((Date.now() - 60 * minuteMs) / minuteMs) * minuteMs).toISOString()
  return [
    [`/v1/stats?step=minute&from=${from}`, 10_000],
    [`/v1/stats?step=minute&from=${from}&by=dialect`, 30_000],
    [`/v1/stats?step=minute&from=${from}&by=tenant`, 30_000],
    ['/v1/endpoints?health=failing&limit=10', 10_000],
    ['/v1/status', 10_000],
  ]
}

/** Opens the overview. Each read happens at once, and then as often as the page repeats it. */
export async function openDashboard(url: string, operatorKey: string): Promise<OpenDashboard> {
  const headers = { authorization: `Bearer ${operatorKey}` }
  const read = async (path: string): Promise<void> => {
    const { statusCode, body } = await request(url + path, { headers })
    if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}: ${await body.text()}`)
    await body.dump()
  }
  const stop = new AbortController()
  const { body } = await request(`${url}/v1/stream`, { headers, bodyTimeout: 0, signal: stop.signal })
  body.on('error', () => {}).resume()
  await Promise.all(reads().map(([path]) => read(path)))
  const timers = reads().map(([path, everyMs]) => setInterval(() => void read(path), everyMs))
  return {
    close() {
      for (const timer of timers) clearInterval(timer)
      stop.abort()
    },
  }
}

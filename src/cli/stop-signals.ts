// The signals that stop a command: SIGTERM of a supervisor, SIGINT of Ctrl-C, SIGHUP of a closed terminal. One request to
// stop may arrive several times: npm passes on a signal that the whole process group has received, and a supervisor may
// send a second kind of signal.

import { limits } from '../domain/limits.ts'

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Returns an AbortSignal that the first signal aborts; its reason is an Error whose message is the signal's name.
 * Signals within `limits.stopRepeatMs` after the first are ignored. A later one ends the process at once, with 1. Under
 * `npm start` the end of npm is a signal too: npm passes on SIGTERM and SIGINT, and dies of all others.
 */
export function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  let firstAt = 0
  for (const name of stopSignals) {
    process.on(name, () => {
      if (!stop.signal.aborted) {
        firstAt = performance.now()
        stop.abort(new Error(name))
      } else if (performance.now() - firstAt > limits.stopRepeatMs) {
        process.exit(1)
      }
    })
  }
  if (isNpmStart(process.env)) {
    const npm = process.ppid
    const watch = setInterval(() => {
      if (process.ppid === npm) return
      clearInterval(watch)
      stop.abort(new Error('the end of npm'))
    }, limits.parentCheckMs).unref()
  }
  return stop.signal
}

function isNpmStart({ npm_lifecycle_event: script, npm_package_name: name }: NodeJS.ProcessEnv): boolean {
  return script === 'start' && name === 'posthorn'
}

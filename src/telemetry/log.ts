import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Creates the logger: JSON lines, or readable lines on a terminal. Keys and secrets are never passed to it. */
export function createLogger(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime })
  return pino({ level, base: null }, pretty({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' }))
}

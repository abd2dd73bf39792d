import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** JSON lines for machines; on a terminal, lines for people. Keys and secrets are never handed to it. */
export function createLogger(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime })
  return pino({ level, base: null }, pretty({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' }))
}

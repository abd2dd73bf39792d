import { type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { LogOutput } from './log-output.ts'

/** The log of the process. Keys and secrets are never passed to it. */
export interface Log {
  readonly logger: Logger
  readonly output: LogOutput
}

/** Creates the log: JSON lines, or readable lines on a terminal. */
export function createLog(level: string): Log {
  const output = new LogOutput()
  if (!process.stdout.isTTY) {
    return { logger: pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output), output }
  }
  const readable = prettyFactory({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' })
  return { logger: pino({ level, base: null }, { write: (line) => output.write(readable(line)) }), output }
}

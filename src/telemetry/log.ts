import { type Logger, pino } from 'pino'
import { LogOutput } from './log-output.ts'

/** The log of the process. Keys and secrets are never passed to it. */
export interface Log {
  readonly logger: Logger
  readonly output: LogOutput
}

/** Creates the log: JSON lines, or readable lines on a terminal. The module for the latter is loaded only there. */
export async function createLog(level: string): Promise<Log> {
  const output = new LogOutput()
  if (!process.stdout.isTTY) {
    return { logger: pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output), output }
  }
  const { prettyFactory } = await import('pino-pretty')
  const readable = prettyFactory({ colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' })
  return { logger: pino({ level, base: null }, { write: (line) => output.write(readable(line)) }), output }
}

// The options of the library: the settings of the service by their names in settings.ts, with values of TypeScript.

import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from 'pino'
import { readSettings, type SettingName, type Settings, settingTable } from '../config/settings.ts'
import { nearest } from '../config/nearest.ts'
import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { ownDialect, type Registration, registry } from '../dialects/registry.ts'
import { PosthornError } from './errors.ts'

/** A dialect of your own, or the name of a shipped one. */
export type DialectChoice = DefinedDialect | string

/** The event types of the dialects; any text if one of them is a shipped one or has an open catalogue. */
export type EventTypesOf<Dialects extends readonly DialectChoice[]> = {
  [Index in keyof Dialects]: Dialects[Index] extends DefinedDialect<infer EventType> ? EventType : string
}[number]

/** Settings of the service that a library has no use for, or that have a type of their own below. */
type OwnSetting =
  | 'host'
  | 'port'
  | 'adminHost'
  | 'adminPort'
  | 'database'
  | 'masterKey'
  | 'operatorKey'
  | 'dialects'
  | 'dialectFiles'
  | 'logLevel'

type OptionValue<Value> = Value extends boolean
  ? boolean
  : Value extends number | string
    ? Value
    : Value extends readonly string[]
      ? readonly string[]
      : string

type SettingOptions = {
  readonly [Name in Exclude<SettingName, OwnSetting>]?: OptionValue<NonNullable<Settings[Name]>>
}

export interface PosthornOptions<
  Dialects extends readonly DialectChoice[] = readonly DialectChoice[],
> extends SettingOptions {
  /** `sqlite:<file>`, or `postgres://…`. */
  readonly database: string
  /** 32 bytes in base64, which encrypt secrets at rest; several keys, with commas, while it is rotated. */
  readonly masterKey: string
  /** The key of the operator API and of the dashboard, at least 24 characters. Default: none, so only keys in the database count. */
  readonly operatorKey?: string
  /** The dialects that are served. Default: `['standard']`. */
  readonly dialects?: Dialects
  /**
   * Databases of your own in whose transactions you publish: one connection for each file. `start` publishes the events
   * that an earlier process has left in them. Default: none.
   */
  readonly outboxDatabases?: readonly DatabaseSync[]
  /** Gets the log: a logger of pino, or one that has its methods. Default: nothing is logged. */
  readonly logger?: Logger
}

const otherNames = ['database', 'masterKey', 'operatorKey', 'dialects', 'outboxDatabases', 'logger']
const settingNames = (Object.keys(settingTable) as SettingName[]).filter(
  (name) => !['host', 'port', 'adminHost', 'adminPort', 'dialects', 'dialectFiles', 'logLevel'].includes(name),
)

/** The settings and dialects of the options. @throws PosthornError, SettingError: an option is wrong */
export function readOptions(options: PosthornOptions): {
  readonly settings: Settings
  readonly registrations: readonly Registration[]
} {
  const known = [...new Set([...otherNames, ...settingNames])]
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new PosthornError(
      'invalid_option',
      `${unknown} is not an option; the nearest one is ${nearest(unknown, known)}`,
    )
  }
  for (const name of ['database', 'masterKey'] as const) {
    if (typeof options[name] !== 'string') throw new PosthornError('invalid_option', `${name} must be given`)
  }
  const { dialects = [ownDialect] } = options
  const own = dialects.filter((dialect) => typeof dialect !== 'string')
  const given = Object.entries(options).filter(([name]) => settingNames.includes(name as SettingName))
  const environment = Object.fromEntries(
    given.flatMap(([name, value]) =>
      value === undefined ? [] : [[settingTable[name as SettingName].variable, textOf(value)]],
    ),
  )
  const names = dialects.map((dialect) => (typeof dialect === 'string' ? dialect : dialect.dialect.name))
  const twice = [...registry.map(({ dialect }) => dialect.name), ...own.map(({ dialect }) => dialect.name)].find(
    (name, index, all) => all.indexOf(name) < index,
  )
  if (twice !== undefined) throw new PosthornError('invalid_option', `two dialects have the name ${twice}`)
  return {
    settings: readSettings({ ...environment, POSTHORN_DIALECTS: names.join(',') }),
    registrations: [...registry, ...own],
  }
}

/** A value as it is written in the environment. */
function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return Array.isArray(value) ? value.join(',') : String(value)
}

// The parts that commands share: options, examples, answers to questions.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '../../packages/client/src/index.ts'
import { CommandFailed, WrongUse } from './faults.ts'
import { jsonText } from './output.ts'
import { answered } from './questions.ts'

/** Adds lines that can be run as they are to the help of a command. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`)
}

export interface RemoteFlags {
  readonly url?: string
  readonly profile?: string
  readonly json?: boolean
}

export interface Session {
  readonly api: Client
  /** Prints an answer: as JSON for programs, or its text for people. */
  readonly print: (answer: unknown, text: () => string) => void
}

/** Completes a command that talks to a server. */
export function onServer<Flags extends RemoteFlags>(
  command: Command,
  run: (session: Session, flags: Flags, args: readonly string[]) => Promise<void>,
): Command {
  return serverOptions(command)
    .option('--json', 'the answer of the API, for programs')
    .action(async () => {
      const flags = command.opts<Flags>()
      const { json = false } = flags
      const print = (answer: unknown, text: () => string): void => {
        process.stdout.write(json ? `${jsonText(answer)}\n` : text())
      }
      await run({ ...(await connect(flags)), print }, flags, command.args)
    })
}

/** Adds the options that choose a server. */
export function serverOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the server (POSTHORN_URL)')
    .option('--profile <name>', 'a server of posthorn login')
}

/** @throws WrongUse, CommandFailed */
export async function connect(flags: RemoteFlags): Promise<{ readonly api: Client; readonly url: string }> {
  const [{ chosenServer }, { clientOf }] = await Promise.all([
    import('./server-choice.ts'),
    import('./server-client.ts'),
  ])
  const chosen = chosenServer(flags)
  return { api: clientOf(chosen, retries), url: chosen.url.replace(/\/+$/, '') }
}

/** A user who waits learns soon that a server is away. */
const retries = 1

/** The members that are not undefined. */
export function given<Members extends object>(members: Members): Given<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<Members>
}

type Given<Members> = {
  [Name in keyof Members as undefined extends Members[Name] ? never : Name]: Members[Name]
} & { [Name in keyof Members as undefined extends Members[Name] ? Name : never]?: Exclude<Members[Name], undefined> }

/** Adds the options of a list. */
export function listOptions(command: Command): Command {
  return command
    .option('--limit <rows>', 'how many rows', wholeNumber(1, 100_000), 50)
    .option('--cursor <cursor>', 'goes on after an earlier list')
}

export interface ListFlags extends RemoteFlags {
  readonly limit: number
  readonly cursor?: string
}

export interface Page<Row> {
  readonly data: readonly Row[]
  readonly nextCursor: string | null
}

const pageRowsMax = 250

/** Reads so many pages that they have the wanted rows. @param read reads one page */
export async function readList<Row>(
  { limit, cursor }: ListFlags,
  read: (part: { readonly limit: number; readonly cursor: string | undefined }) => Promise<Page<Row>>,
): Promise<Page<Row>> {
  const data: Row[] = []
  let next: string | null = cursor ?? null
  do {
    const page: Page<Row> = await read({
      limit: Math.min(pageRowsMax, limit - data.length),
      cursor: next ?? undefined,
    })
    data.push(...page.data)
    next = page.nextCursor
  } while (next !== null && data.length < limit)
  return { data, nextCursor: next }
}

/**
 * Checks the tenant of a list without rows, where the API lists none for a tenant that does not exist.
 *
 * @throws PosthornError there is no such tenant
 */
export async function assertTenant(
  { api }: Session,
  { data }: Page<unknown>,
  tenant: string | undefined,
): Promise<void> {
  if (tenant !== undefined && data.length === 0)
    await api.request('GET', '/v1/tenants/{tenant}', { params: { tenant } })
}

/** Checks the dialect of a list without rows. @throws WrongUse the server has no such dialect */
export async function assertDialect(
  { api }: Session,
  { data }: Page<unknown>,
  dialect: string | undefined,
): Promise<void> {
  if (dialect === undefined || data.length > 0) return
  const names = (await api.request('GET', '/v1/dialects')).data.map(({ name }) => name)
  if (!names.includes(dialect)) {
    throw new WrongUse(`there is no dialect ${dialect}: the server has ${names.join(', ')}`)
  }
}

/** Prints a list. Whether there is more, and that there is nothing, is said on stderr. */
export function printList<Row>({ print }: Session, page: Page<Row>, text: (rows: readonly Row[]) => string): void {
  print(page, () => {
    const { data, nextCursor } = page
    if (nextCursor !== null)
      process.stderr.write(`There is more: --limit ${2 * data.length}, or --cursor ${nextCursor}\n`)
    else if (data.length === 0) process.stderr.write('There are none.\n')
    return data.length === 0 ? '' : text(data)
  })
}

/** Adds the option that answers the question before something is lost. */
export function yesOption(command: Command): Command {
  return command.option('--yes', 'asks no question')
}

/** Asks before something is lost. @throws WrongUse there is no terminal to ask on; CommandFailed the answer is no */
export async function confirmed(question: string, { yes = false }: { readonly yes?: boolean }): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw new WrongUse(`${question} Give --yes, because there is no terminal to ask on`)
  const { confirm } = await import('@inquirer/prompts')
  const isWanted = await answered((terminal) => confirm({ message: question, default: false }, terminal))
  if (!isWanted) throw new CommandFailed('nothing was done')
}

/** Parses a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Parses a duration such as `250ms` or `2h` into milliseconds. */
export function durationMs(text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It must be a duration such as 250ms, 30s, 5m, 2h or 7d.')
  return Number(count) * (units[unit] ?? 1)
}

/** @throws WrongUse no event can be between the two times */
export function assertRange({ from, to }: { readonly from?: string; readonly to?: string }): void {
  if (from !== undefined && to !== undefined && from >= to) throw new WrongUse('--from must be earlier than --to')
}

/** Parses a time, or a duration before now, into an ISO time. */
export function time(text: string): string {
  if (/^\d+[a-z]+$/.test(text)) return new Date(Date.now() - durationMs(text)).toISOString()
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError(
      'It must be a time such as 2026-01-31T08:00:00Z, or a duration before now such as 2h.',
    )
  }
  return new Date(ms).toISOString()
}

/** Collects the values of an option that may be given several times. */
export function collected(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}

/** An option whose value is one of several words. */
export function oneOf(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words)
}

/** As `oneOf`, for an option that may be given several times. */
export function someOf(flags: string, description: string, words: readonly string[]): Option {
  const option = oneOf(flags, description, words)
  const { parseArg: check } = option
  return option.argParser((word: string, before: readonly string[] | undefined) => {
    check?.(word, undefined)
    return collected(word, before)
  })
}

const offered = new WeakMap<Option, () => Promise<readonly string[]>>()

/** An option with the name of a dialect. A shell offers those that are shipped; a server or a file may have others. */
export function dialectOption(description: string): Option {
  const option = new Option('--dialect <name>', description)
  offered.set(option, async () => Object.keys((await import('../../packages/verify/src/recipes.ts')).recipes))
  return option
}

/** The words that a shell offers for the value of an option. */
export async function offeredFor(option: Option): Promise<readonly string[]> {
  return option.argChoices ?? (await offered.get(option)?.()) ?? []
}

/** Collects `name=value` of an option that may be given several times. */
export function pairs(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('It must be <name>=<value>.')
  return { ...before, [name]: value }
}

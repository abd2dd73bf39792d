// `posthorn event`: publishes an event.

import type { Command } from 'commander'
import { given, onServer, pairs, type RemoteFlags, time, withExamples } from './command.ts'
import { WrongUse } from './faults.ts'
import { contentOf } from './files.ts'
import { facts } from './output.ts'

interface PublishFlags extends RemoteFlags {
  readonly data?: string
  readonly dataFile?: string
  readonly id?: string
  readonly attribute?: Record<string, string>
  readonly occurredAt?: string
}

export function declareEvent(program: Command): void {
  const event = program.command('event').description('the events of your product')
  const command = event
    .command('publish <tenant> <type>')
    .description('publish an event, which is sent to the endpoints that want it')
    .option('--data <json>', 'its data; default: {}')
    .option('--data-file <file>', 'a file with its data; - is stdin')
    .option('--id <id>', 'an id of your own: a second event of the same id is not sent again')
    .option('--attribute <name=value>', 'an attribute that filters match; may be given several times', pairs)
    .option('--occurred-at <time>', 'when it happened; default: now', time)
  withExamples(
    onServer<PublishFlags>(command, async ({ api, print }, flags, [tenant = '', type = '']) => {
      const { id, attribute: attributes, occurredAt } = flags
      const body = given({ tenant, type, data: await dataOf(flags), id, attributes, occurredAt })
      const published = await api.request('POST', '/v1/events', { body })
      const { duplicate = false } = published
      print(published, () =>
        facts({ id: published.id, deliveries: published.deliveries, ...(duplicate && { duplicate }) }),
      )
    }),
    `posthorn event publish acme call.ended --data '{"seconds":42}'`,
    `echo '{"seconds":42}' | posthorn event publish acme call.ended --data-file - --id call-42`,
  )
}

async function dataOf({ data, dataFile }: PublishFlags): Promise<Record<string, unknown>> {
  if (data !== undefined && dataFile !== undefined) throw new WrongUse('give --data or --data-file, and not both')
  const text = dataFile === undefined ? (data ?? '{}') : String(await contentOf('--data-file', dataFile))
  const name = dataFile === undefined ? '--data' : dataFile === '-' ? 'stdin' : `--data-file ${dataFile}`
  if (text.trim() === '') throw new WrongUse(`${name} is empty: give a JSON object`)
  const parsed = parsedJson(name, text)
  if (text.trimStart().startsWith('{')) return parsed as Record<string, unknown>
  throw new WrongUse(`${name} must be a JSON object`)
}

/** @param name of the place of the text, for errors */
function parsedJson(name: string, text: string): unknown {
  try {
    return exactJson.parse(text, (_name, value, { source }) =>
      typeof value === 'number' && source !== undefined ? exactJson.rawJSON(source) : value,
    )
  } catch (error) {
    throw new WrongUse(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** JSON whose numbers keep their digits, also those that JavaScript cannot hold. TypeScript does not know these yet. */
const exactJson = JSON as unknown as {
  parse(text: string, revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
}

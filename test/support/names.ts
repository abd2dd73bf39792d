// Loaded into a server under test (`node --import`): names resolve to what a test says instead of what DNS says. The
// server itself knows nothing of it. POSTHORN_TEST_NAMES is JSON, `{name: [[addresses], …]}`: the answers one after the
// other, the last one for ever. All else is asked of the system, as ever.

import dns, { type LookupAddress, type LookupAllOptions } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'

const lists = new Map(
  Object.entries(JSON.parse(process.env['POSTHORN_TEST_NAMES'] ?? '{}') as Record<string, string[][]>),
)

const systemLookup = dns.lookup

function lookup(
  name: string,
  options: LookupAllOptions,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
): void {
  const answers = lists.get(name)
  const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
  if (answer === undefined) return systemLookup(name, options, callback)
  const addresses = answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  process.nextTick(callback, null, addresses)
}

if (process.env['POSTHORN_TEST_NAMES'] !== undefined) {
  Object.assign(dns, { lookup })
  syncBuiltinESMExports()
}

/** The environment of a server that resolves these names so. */
export function resolving(names: Readonly<Record<string, readonly (readonly string[])[]>>): Record<string, string> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, POSTHORN_TEST_NAMES: JSON.stringify(names) }
}

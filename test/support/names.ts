// Loaded into a server under test (`node --import`): names resolve to what a test says instead of what DNS says. The
// server itself knows nothing of it. POSTHORN_TEST_NAMES is JSON, `{name: [[addresses], …]}`: the answers one after the
// other, the last one for ever. All else is asked of the system, as ever.

import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'

type Resolve = (name: string) => Promise<string[]>

const given = process.env['POSTHORN_TEST_NAMES']
const prototype = dns.Resolver.prototype as { resolve4: Resolve; resolve6: Resolve }

/** Both kinds of address are asked for each time, so each goes through the answers by itself. */
function answering(family: 4 | 6, system: Resolve): Resolve {
  const lists = new Map(Object.entries(JSON.parse(given ?? '{}') as Record<string, string[][]>))
  return async function resolve(this: unknown, name) {
    const answers = lists.get(name)
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
    return answer === undefined ? system.call(this, name) : answer.filter((address) => isIP(address) === family)
  }
}

if (given !== undefined) {
  prototype.resolve4 = answering(4, prototype.resolve4)
  prototype.resolve6 = answering(6, prototype.resolve6)
}

/** The environment of a server that resolves these names so. */
export function resolving(names: Readonly<Record<string, readonly (readonly string[])[]>>): Record<string, string> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, POSTHORN_TEST_NAMES: JSON.stringify(names) }
}

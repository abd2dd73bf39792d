// A server that loads this module (`node --import`) resolves the names of a test to the addresses of the test instead
// of asking DNS. POSTHORN_TEST_NAMES is JSON, `{name: [[addresses], …]}`: each lookup of a name gets its next list of
// addresses, and the last list repeats. All other names are resolved by the system.

import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'

type Resolve = (name: string) => Promise<string[]>

const given = process.env['POSTHORN_TEST_NAMES']
const prototype = dns.Resolver.prototype as { resolve4: Resolve; resolve6: Resolve }

/** Each lookup asks for both families, so each family has its own copy of the lists. */
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

/** Returns the environment of a server that resolves these names to these addresses. */
export function resolving(names: Readonly<Record<string, readonly (readonly string[])[]>>): Record<string, string> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, POSTHORN_TEST_NAMES: JSON.stringify(names) }
}

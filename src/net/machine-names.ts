// The names that the machine's own files define: the parts of getaddrinfo that c-ares lacks.

import type { LookupAddress } from 'node:dns'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** The text of a system file; empty if the file cannot be read. */
export function readSystemFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The addresses in an /etc/hosts, by name in lower case. `localhost` is always present (RFC 6761, 6.3). */
export function parseHosts(text: string): ReadonlyMap<string, readonly LookupAddress[]> {
  const hosts = new Map<string, LookupAddress[]>()
  for (const [address = '', ...names] of fieldsOf(text)) {
    const family = isIP(address)
    // An address with a zone (fe80::1%lo0) belongs to an interface, not to a receiver.
    if (family === 0 || address.includes('%')) continue
    for (const name of names) {
      const key = name.toLowerCase()
      hosts.set(key, [...(hosts.get(key) ?? []), { address, family }])
    }
  }
  if (!hosts.has('localhost')) hosts.set('localhost', [{ address: '127.0.0.1', family: 4 }])
  return hosts
}

/** How names are completed: a name with fewer dots than `dotsMin` is looked up in each of the domains first. */
export interface Search {
  readonly domains: readonly string[]
  readonly dotsMin: number
}

/** The search in a resolv.conf. `dotsMin` is 1 by default. The last of several lines counts. */
export function parseSearch(text: string): Search {
  let domains: readonly string[] = []
  let dotsMin = 1
  for (const [keyword, ...values] of fieldsOf(text)) {
    if (keyword === 'search' || keyword === 'domain') domains = values
    if (keyword !== 'options') continue
    const dots = values.findLast((value) => /^ndots:\d+$/.test(value))
    if (dots !== undefined) dotsMin = Number(dots.slice('ndots:'.length))
  }
  return { domains, dotsMin }
}

function fieldsOf(text: string): string[][] {
  return text.split('\n').map((line) => (line.split(/[#;]/, 1)[0] ?? '').split(/\s+/).filter((field) => field !== ''))
}

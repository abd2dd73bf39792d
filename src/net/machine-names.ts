// What the machine itself knows of names, as its files say it: the parts of getaddrinfo that c-ares leaves to others.

import type { LookupAddress } from 'node:dns'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** A file of the system, or nothing where there is none that can be read. */
export function readSystemFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The addresses by name that an /etc/hosts gives, in lower case. `localhost` is there in any case (RFC 6761, 6.3). */
export function parseHosts(text: string): ReadonlyMap<string, readonly LookupAddress[]> {
  const hosts = new Map<string, LookupAddress[]>()
  for (const [address = '', ...names] of fieldsOf(text)) {
    const family = isIP(address)
    // With a zone (fe80::1%lo0) it is an interface's, and no receiver's.
    if (family === 0 || address.includes('%')) continue
    for (const name of names) {
      const key = name.toLowerCase()
      hosts.set(key, [...(hosts.get(key) ?? []), { address, family }])
    }
  }
  if (!hosts.has('localhost')) hosts.set('localhost', [{ address: '127.0.0.1', family: 4 }])
  return hosts
}

/** How names are completed: those with fewer dots than `dotsMin` are asked for in each of the domains first. */
export interface Search {
  readonly domains: readonly string[]
  readonly dotsMin: number
}

/** The search that a resolv.conf gives; 1 dot where it does not say. Of several lines the last one holds. */
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

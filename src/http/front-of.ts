// Which front a request belongs to.

import type { Front } from './front.ts'

/** The front with the longest prefix that matches the path of a request target. */
export function frontOf(fronts: readonly Front[], target: string, fallback: Front): Front {
  const path = pathOf(target)
  let best = fallback
  let bestLength = 0
  for (const front of fronts) {
    for (const prefix of front.prefixes) {
      const inside = path.startsWith(prefix) && ['', '/', ':'].includes(path.charAt(prefix.length))
      if (inside && prefix.length > bestLength) {
        best = front
        bestLength = prefix.length
      }
    }
  }
  return best
}

/** The path of a request target, as the router decodes it: `%76` is `v`, and `%2F` stays as it is. */
function pathOf(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/]*/i, '').split(/[?#]/)
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

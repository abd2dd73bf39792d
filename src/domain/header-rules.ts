// The headers that a dialect or a customer may add to deliveries: not those that HTTP itself sets and, for customers, not
// those of Posthorn and of signatures.

/** A token of RFC 9110, at most 128 characters. */
export const headerNamePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/
/** Visible ASCII with spaces and tabs inside: no CR, LF or NUL, and nothing that servers interpret differently. */
const visibleAscii = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/

/**
 * A header of every delivery. Its value is a random text of the installation, so that the installation recognises its
 * own deliveries when they come back to its APIs.
 */
export const markerHeader = 'posthorn-delivery'

/** Headers of one connection or of the form of one message. */
const connectionNames =
  'connection content-length expect host http2-settings keep-alive te trailer transfer-encoding upgrade'.split(' ')
const reservedNames = new Set([
  ...connectionNames,
  ...'accept-encoding content-encoding content-type date forwarded proxy user-agent via'.split(' '),
])
const reservedPrefixes = ['webhook-', 'posthorn-', 'x-posthorn-', 'proxy-', 'x-forwarded-', 'sec-']

/**
 * The fault of a header that a customer may not set; null: the customer may. Upper and lower case are equal, and so are
 * `_` and `-`, because some gateways turn one into the other and would merge the header with ours.
 */
export function reservedHeaderFault(name: string): string | null {
  const lower = name.toLowerCase().replaceAll('_', '-')
  const isReserved = reservedNames.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))
  return isReserved ? 'is set by the sender and cannot be replaced' : null
}

/** The fault of the name of a header that deliveries of a dialect cannot have; null: they can have it. */
export function unsendableNameFault(name: string): string | null {
  if (!headerNamePattern.test(name)) return 'must be letters, digits and hyphens, as in X-Acme-Signature'
  const isTaken = [...connectionNames, markerHeader].includes(name.toLowerCase())
  return isTaken ? 'is set by the sender and cannot be replaced' : null
}

/** The fault of a header value that is more than visible ASCII; null: it has none. */
export function visibleAsciiFault(value: string): string | null {
  return visibleAscii.test(value) ? null : 'must be visible ASCII characters and spaces'
}

/**
 * The fault of a header value that HTTP cannot carry; null: it has none. Values beyond Latin-1 are sent as UTF-8.
 * Spaces at the ends are no part of the value for receivers.
 */
export function unsendableFault(value: string): string | null {
  return /[^\t\P{Cc}]/u.test(value) || !value.isWellFormed() ? 'must not have control characters' : null
}

// The headers that a customer may add to deliveries: all except those that Posthorn, a signature or HTTP itself sets.

/** A token of RFC 9110, at most 128 characters. */
export const headerNamePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/
/** Visible ASCII with spaces and tabs inside: no CR, LF or NUL, and nothing that servers interpret differently. */
export const headerValuePattern = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/

/**
 * A header of every delivery. Its value is a random text of the installation, so that the installation recognises its
 * own deliveries when they come back to its APIs.
 */
export const markerHeader = 'posthorn-delivery'

const reservedNames = new Set(
  `accept-encoding connection content-encoding content-length content-type date expect forwarded host http2-settings
   keep-alive te trailer transfer-encoding upgrade user-agent via`.split(/\s+/),
)
const reservedPrefixes = ['webhook-', 'posthorn-', 'x-posthorn-', 'proxy-', 'x-forwarded-', 'sec-']

/** Whether a customer may not set this header; upper and lower case are equal. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return reservedNames.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))
}

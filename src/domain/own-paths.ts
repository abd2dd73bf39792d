// The paths of Posthorn itself. No dialect may have them.

/** Everything at and below these paths is Posthorn's own: the operator API, the documents, the pages and the probes. */
export const ownPaths = [
  '/v1/audit',
  '/v1/deliveries',
  '/v1/dialects',
  '/v1/endpoints',
  '/v1/erasures',
  '/v1/events',
  '/v1/find',
  '/v1/keys',
  '/v1/operator-keys',
  '/v1/outbox',
  '/v1/replays',
  '/v1/stats',
  '/v1/status',
  '/v1/stream',
  '/v1/tenants',
  '/dashboard',
  '/docs',
  '/healthz',
  '/metrics',
  '/openapi',
  '/openapi.json',
  '/portal',
  '/readyz',
] as const

export function isOwnPath(path: string): boolean {
  return ownPaths.some((own) => path === own || path.startsWith(`${own}/`))
}

import type { Delivery } from '../types.ts'

/** The endpoint of a delivery in a list: `shop.example.com · ep_1`, or `polled · ep_1`. */
export function endpointText({ endpoint, endpointUrl }: Pick<Delivery, 'endpoint' | 'endpointUrl'>): string {
  const place = endpointUrl === null ? 'polled' : (URL.parse(endpointUrl)?.host ?? endpointUrl)
  return `${place} · ${endpoint}`
}

import type { Delivery } from '../types.ts'

/** The endpoint of a delivery in a list: `shop.example.com · ep_1`. */
export function endpointText({ endpoint, endpointUrl }: Pick<Delivery, 'endpoint' | 'endpointUrl'>): string {
  return `${URL.parse(endpointUrl)?.host ?? endpointUrl} · ${endpoint}`
}

// Examples of the data of events. They come from the deliveries of the vendor's pages, or from the test event, if its data
// differs between event types: data that is the same for all of them is no example of one.

import type { Dialect } from '../contracts/dialect.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { anyEndpoint } from './any-endpoint.ts'
import { DefinitionError } from './definition-error.ts'
import type { DeliveryDefinition } from './definition.ts'
import type { DeliveryExample } from './examples.ts'

export function testMembers(
  { testEvent, events, variants = {} }: DeliveryDefinition,
  deliveries: readonly DeliveryExample[],
): Pick<Dialect, 'testEvent' | 'exampleOf'> {
  const catalogues = [events, ...Object.values(variants).map((variant) => variant.events ?? {})]
  const types = new Set(catalogues.flatMap((catalogue) => Object.keys(catalogue)))
  const ofVendor = new Map(deliveries.map(({ event: { type, data } }) => [type, data]))
  const made = (type: string, endpoint: Endpoint): string | null => {
    const test = testEvent({ ...endpoint, eventTypes: [type] })
    return test.type === type ? JSON.stringify(test.data) : null
  }
  let isOfType: boolean | null = null
  const exampleOf: Dialect['exampleOf'] = (type, endpoint = anyEndpoint) => {
    const known = ofVendor.get(type)
    if (known !== undefined || !types.has(type)) return known ?? null
    try {
      isOfType ??= new Set([...types].map((one) => made(one, anyEndpoint))).size > 1
      return isOfType ? made(type, endpoint) : null
    } catch {
      // A test of an endpoint reports the fault. A catalogue is shown without the example.
      return null
    }
  }
  return {
    exampleOf,
    testEvent(endpoint) {
      const { type, data } = testEvent(endpoint)
      if (typeof type !== 'string' || data === undefined) {
        throw new DefinitionError('testEvent', "must return the type and the data, as in { type: 'ping', data: {} }")
      }
      return { type, data: JSON.stringify(data) }
    },
  }
}

// The deliveries of a dialect in its OpenAPI document: one webhook per event type.

import type { Receiving } from '../../contracts/recipe.ts'
import type { DeliveryDefinition } from '../definition.ts'
import { wordsOf } from '../recipes/words.ts'

/** The parts `webhooks` and `components` of the document. Receivers implement these operations. */
export function documentedDeliveries(
  { events, deliveries: { body, headers } }: DeliveryDefinition,
  { signatures }: Receiving,
) {
  // The media type of some bodies depends on the endpoint.
  const mediaType = typeof body.contentType === 'function' ? '*/*' : body.contentType
  const parameters = Object.entries({ ...body.headers, ...headers }).map(([name, value]) => ({
    name,
    in: 'header',
    ...describedAs(signatures, name.toLowerCase()),
    required: typeof value === 'string',
    schema: typeof value === 'string' ? { const: value } : { type: 'string' },
  }))
  const operation = {
    parameters: parameters.map(({ name }) => ({ $ref: `#/components/parameters/${name}` })),
    ...(mediaType !== null && {
      requestBody: { required: true, content: { [mediaType]: { schema: { $ref: '#/components/schemas/Delivery' } } } },
    }),
    responses: { '2XX': { description: 'The event was received. Any other answer is a failure.' } },
  }
  const webhooks = Object.entries(events).map(([type, said]) => {
    const summary = typeof said === 'string' ? said : said.description
    return [type, { post: { summary, tags: ['Deliveries'], ...operation } }] as const
  })
  return {
    webhooks: Object.fromEntries(webhooks),
    components: {
      parameters: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter])),
      schemas: { Delivery: body.schema },
    },
  }
}

/** The signatures of a header in words; nothing if it has none. */
function describedAs(signatures: Receiving['signatures'], header: string): { readonly description?: string } {
  const own = signatures.filter((one) =>
    'undescribed' in one ? one.in === header : 'headers' in one.signatures && one.signatures.headers.includes(header),
  )
  return own.length === 0 ? {} : { description: own.map(wordsOf).join('\n\n') }
}

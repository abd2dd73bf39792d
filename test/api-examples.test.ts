// The example bodies of the operator API, posted as the OpenAPI document has them, in its order.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type ApiRequest, startApiRig } from './support/api-rig.ts'

const rig = await startApiRig()
after(() => rig.close())

/** Bodies that name objects which only the caller knows, or that may be left out. */
const withoutExample = ['poll', 'acknowledge', 'refuse', 'rotateTenantSecret', 'rotateSigningKey']

interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
  readonly responses: Readonly<Record<string, unknown>>
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

test('every example is accepted as it is', async () => {
  const { paths } = rig.document as unknown as { readonly paths: Paths }
  const missing: string[] = []
  const ids: Record<string, string> = { tenant: 'acme', dialect: 'standard' }
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, { operationId, requestBody, responses }] of Object.entries(item)) {
      if (requestBody === undefined) continue
      const body = requestBody.content['application/json']?.example
      if (body === undefined) {
        missing.push(operationId)
        continue
      }
      const request = {
        method: method.toUpperCase() as NonNullable<ApiRequest['method']>,
        path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? ''),
        body,
      }
      const { status, body: answer, text } = await rig.ask(request)
      assert.ok(status < 300 && responses[status] !== undefined, `${operationId}: ${status} ${text}`)
      if (operationId === 'createEndpoint') ids['endpoint'] = answer.id
      if (operationId === 'createOperatorKey') ids['operatorKey'] = answer.id
    }
  }
  assert.deepEqual(missing.toSorted(), withoutExample.toSorted())
})

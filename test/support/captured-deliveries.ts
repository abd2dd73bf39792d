// Real deliveries of every dialect, from the real service to a real receiver, for the code of receivers.

import { join } from 'node:path'
import type { Recipe, Snippet, TestVector } from '../../src/contracts/recipe.ts'
import { variationsOf } from '../../src/dialect-kit/recipes/vectors.ts'
import { registry } from '../../src/dialects/registry.ts'
import type { Body } from './api-answer.ts'
import { type ApiRig, startApiRig } from './api-rig.ts'
import type { Case } from './snippet-runs.ts'

const files = ['secret-schemes', 'p256-schemes', 'ed25519-schemes', 'token-schemes', 'token-body', 'tenant-secrets']

/** One recipe, its code, and deliveries that the code must accept or refuse. */
export interface Captured {
  readonly name: string
  readonly recipe: Recipe
  readonly snippets: readonly Snippet[]
  readonly vectors: readonly TestVector[]
}

/** Starts the service, captures deliveries of the shipped dialects and of dialects with many schemes, and stops it. */
export async function captureDeliveries(): Promise<readonly Captured[]> {
  const rig = await startApiRig({
    POSTHORN_DIALECT_FILES: files.map((name) => join(import.meta.dirname, 'dialects', `${name}.ts`)).join(),
  })
  try {
    const names = [...registry.map(({ dialect }) => dialect.name), ...files]
    const all = await Promise.all(names.map((name) => captureOne(rig, name)))
    return all.flat()
  } finally {
    await rig.close()
  }
}

async function captureOne(rig: ApiRig, name: string): Promise<readonly Captured[]> {
  const path = `/v1/dialects/${name}`
  const read = async <Of>(below: string): Promise<readonly ({ readonly recipe: Recipe } & Of)[]> =>
    (await rig.want(200, { path: `${path}/${below}` })).data as never
  const snippets = await read<{ snippets: readonly Snippet[] }>('snippets')
  const vectors = await read<{ vectors: readonly TestVector[] }>('test-vectors')
  const { eventTypes } = (await rig.want(200, { path })) as { eventTypes?: { name: string }[] }
  const type = eventTypes?.[0]?.name ?? 'order.paid'
  const { id } = await rig.want(201, { method: 'POST', path: '/v1/tenants', body: { dialect: name } })
  const tenant = { id, dialect: name, key: '', keyId: '' }
  const endpoint = await rig.endpoint(tenant, { eventTypes: [type] })
  await rig.event(tenant, { type, data: { n: 1, order: { id: 'größe "€"' } } })
  const [arrived] = await rig.received(endpoint.path, 1)
  const authorization = `Bearer ${rig.installation.operatorKey}`
  const key = await (await fetch(`${rig.server.url}${path}/public-key`, { headers: { authorization } })).text()
  const secret = await secretOf(rig, id, endpoint)
  return snippets.map(({ recipe, snippets: code }, index) => {
    const made = vectors[index]?.vectors ?? []
    const delivery: TestVector = {
      title: 'a captured delivery',
      isValid: true,
      secret: 'publicKey' in recipe.key ? key : secret,
      now: (arrived?.receivedAt ?? 0) / 1000,
      url: rig.receiver.url + endpoint.path,
      webhookId: endpoint.id,
      headers: Object.fromEntries(
        Object.entries(arrived?.headers ?? {}).map(([header, value]) => [header, String(value)]),
      ),
      body: arrived?.body.toString() ?? '',
    }
    const other = made.find(({ title }) => title === 'another secret')?.secret ?? ''
    return { name, recipe, snippets: code, vectors: [delivery, ...variationsOf(recipe, delivery, other), ...made] }
  })
}

/** The secret of the endpoint, or else of its tenant. */
async function secretOf(rig: ApiRig, tenant: string, { secrets }: Pick<Body, 'secrets'>): Promise<string> {
  const [own] = secrets
  if (own !== undefined) return own.value
  const { status, body } = await rig.ask({ path: `/v1/tenants/${tenant}/secrets` })
  return status === 200 ? ((body.data[0] as { readonly value?: string } | undefined)?.value ?? '') : ''
}

/** The cases of the recipes that have code in a language. */
export function casesOf(captured: readonly Captured[]): readonly Case[] {
  return captured.flatMap(({ vectors }, program) => vectors.map((vector) => ({ program, vector })))
}

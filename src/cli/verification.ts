// How commands verify deliveries: the recipes of a dialect with their secrets, from files or from a server.

import { createPublicKey } from 'node:crypto'
import { extname } from 'node:path'
import type { Check, Verification } from '../../packages/verify/src/checks.ts'
import { checkDelivery } from '../../packages/verify/src/check-delivery.ts'
import type { Delivery } from '../../packages/verify/src/delivery.ts'
import { KeyFault, secretBytes } from '../../packages/verify/src/keys.ts'
import type { Recipe } from '../../packages/verify/src/recipe.ts'
import { recipes } from '../../packages/verify/src/recipes.ts'
import type { Client, Endpoint } from '../../packages/client/src/index.ts'
import { WrongUse } from './faults.ts'
import { contentOf } from './files.ts'
import { painted, safe } from './output.ts'

/** A signature of deliveries, and the secrets (or public keys) of which one has signed. */
export interface Signature {
  readonly recipe: Recipe
  readonly secrets: readonly string[]
}

/** The signatures of a dialect with one secret. @param dialect a name, or a file with a dialect @throws WrongUse */
export async function signaturesOf(dialect: string, secret: string): Promise<readonly Signature[]> {
  const found = extname(dialect) === '' ? shipped(dialect) : await inFile(dialect)
  for (const recipe of found) assertUsable(recipe, secret)
  return found.map((recipe) => ({ recipe, secrets: [secret] }))
}

/** @throws WrongUse the secret, or the public key, has not the form of the recipe */
function assertUsable(recipe: Recipe, secret: string): void {
  const { key } = recipe
  if ('publicKey' in key) {
    if (isPublicKey(secret)) return
    throw new WrongUse('This dialect signs with a key pair: give its public key in PEM')
  }
  const { prefix = '' } = key
  try {
    // Where a secret is any text, that would be one.
    if (secret === 'whsec_') throw new KeyFault('The secret is empty after whsec_.')
    if (secretBytes(recipe, secret).length === 0) throw new KeyFault('The secret is empty.')
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error
    throw new WrongUse(
      `${error.message} Give it as the server shows it${key.secret === 'text' ? '' : `: ${prefix}<base64>`}`,
    )
  }
}

function isPublicKey(pem: string): boolean {
  try {
    return createPublicKey(pem).type === 'public'
  } catch {
    return false
  }
}

function shipped(name: string): readonly Recipe[] {
  const known: Readonly<Record<string, Recipe>> = recipes
  const recipe = Object.hasOwn(known, name) ? known[name] : undefined
  if (recipe !== undefined) return [recipe]
  throw new WrongUse(`there is no dialect ${name}: give ${Object.keys(recipes).join(', ')}, or a file with a dialect`)
}

async function inFile(path: string): Promise<readonly Recipe[]> {
  const [{ loadDialects }, { registry }] = await Promise.all([
    import('../dialects/load.ts'),
    import('../dialects/registry.ts'),
  ])
  const own = (await loadDialects([path])).slice(registry.length)
  return own.flatMap(({ dialect }) => described(dialect.receiving.signatures))
}

function described(signatures: readonly (Recipe | { readonly undescribed: string })[]): readonly Recipe[] {
  return signatures.filter((one): one is Recipe => !('undescribed' in one))
}

/** The secret of POSTHORN_SECRET or of a file. @throws WrongUse */
export async function givenSecret(file: string | undefined): Promise<string> {
  const { POSTHORN_SECRET: set } = process.env
  const secret = file === undefined ? (set ?? '').trim() : String(await contentOf('--secret-file', file)).trim()
  if (secret !== '') return secret
  if (file !== undefined) {
    throw new WrongUse(
      `--secret-file ${file} holds no secret: write the secret of the endpoint, as the server shows it, or the public key in PEM into it`,
    )
  }
  const state = set === undefined ? 'there is no secret' : 'POSTHORN_SECRET is empty'
  throw new WrongUse(`${state}: set POSTHORN_SECRET, give --secret-file, or give --tenant and --endpoint`)
}

/** The signatures of an endpoint, with the secrets that the server has. Secrets that are API keys are not there. */
export async function signaturesFrom(
  api: Client,
  tenant: string,
  endpoint: Pick<Endpoint, 'secrets'>,
): Promise<readonly Signature[]> {
  const { dialect } = await api.request('GET', '/v1/tenants/{tenant}', { params: { tenant } })
  const { signatures } = await api.request('GET', '/v1/dialects/{dialect}', { params: { dialect } })
  const valuesOf = (secrets: Endpoint['secrets']): readonly string[] => secrets.flatMap(({ value }) => value ?? [])
  const secretsOf = async ({ key }: Recipe): Promise<readonly string[]> => {
    if ('publicKey' in key) return [await publicKey(api, dialect)]
    if (key.of !== 'account') return valuesOf(endpoint.secrets)
    return valuesOf((await api.request('GET', '/v1/tenants/{tenant}/secrets', { params: { tenant } })).data)
  }
  // The document describes the places of a recipe more loosely than its type.
  const recipesOf = described(signatures as readonly (Recipe | { readonly undescribed: string })[])
  return Promise.all(recipesOf.map(async (recipe) => ({ recipe, secrets: await secretsOf(recipe) })))
}

async function publicKey(api: Client, dialect: string): Promise<string> {
  const response = await api.request('GET', '/v1/dialects/{dialect}/public-key', { params: { dialect } })
  return response.text()
}

export interface Clock {
  /** Unix time in seconds. */
  readonly now: number
  readonly toleranceSeconds: number
}

/** The verification of one signature, with the secret that fits, or else with the newest one. */
export interface Verified extends Verification {
  readonly recipe: Recipe
  readonly secret: string
}

export function verifiedAll(
  signatures: readonly Signature[],
  delivery: Delivery,
  clock: Clock,
): Promise<readonly Verified[]> {
  return Promise.all(
    signatures.map(async ({ recipe, secrets }) => {
      const [newest = '', ...others] = secrets
      const verifiedBy = async (secret: string): Promise<Verified> => {
        return { recipe, secret, ...(await checkDelivery(recipe, delivery, { secret, ...clock })) }
      }
      const first = await verifiedBy(newest)
      for (const secret of first.isValid ? [] : others) {
        const other = await verifiedBy(secret)
        if (other.isValid) return other
      }
      return first
    }),
  )
}

const stepWords: Readonly<Record<Check['step'], string>> = {
  present: 'all parts are there',
  form: 'the parts have the right form',
  time: 'the time of sending is near',
  key: 'the secret can be used',
  signature: 'the signature is right',
  claims: 'the claims agree with the delivery',
}

/** A line for each step. */
export function stepLines(checks: readonly Check[]): string {
  return checks
    .map(({ step, fault }) =>
      fault === null
        ? `  ${painted('green', '✓')} ${stepWords[step]}\n`
        : `  ${painted('red', '✗')} ${step}: ${safe(fault)}\n`,
    )
    .join('')
}

// Verifies a delivery and returns its event.

import { decoded, textOf, utf8 } from './bytes.ts'
import { checkDelivery } from './check-delivery.ts'
import type { StepName } from './checks.ts'
import type { Delivery } from './delivery.ts'
import type { Recipe } from './recipe.ts'
import { type DialectName, recipes } from './recipes.ts'

/** How a receiver verifies: it needs a dialect or a recipe, and its secret. */
export type Receiving = {
  /** The secret, or the public key in PEM. Several: one of them must have signed. */
  readonly secret: string | readonly string[]
  /** How far the time of sending may be from the clock. Default: 300. */
  readonly toleranceSeconds?: number
  /** The URL of the webhook as it is registered. Needed where the recipe signs it. */
  readonly url?: string
  /** Needed where the recipe signs it. */
  readonly webhookId?: string
} & (
  | { /** A dialect that Posthorn has. */ readonly dialect: DialectName; readonly recipe?: never }
  | {
      /** As `GET /v1/dialects/{dialect}` of the operator API shows it under `signatures`. */ readonly recipe: Recipe
      readonly dialect?: never
    }
)

export type ReceivedHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** A delivery as it arrived. */
export interface Received {
  readonly headers: ReceivedHeaders
  /** The bytes of the request, before a parser reads them. */
  readonly body: Uint8Array | ArrayBuffer | string
  /** The clock of the receiver, Unix time in seconds. Default: the current time. */
  readonly now?: number
}

/** A delivery of the dialect `standard`. */
export interface StandardEvent<Data = unknown> {
  readonly type: string
  /** When it happened, in ISO 8601. */
  readonly timestamp: string
  readonly data: Data
}

/** A delivery that is not verified. Its message is a sentence. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  /** The step that failed. `body`: the signature is right, and the body is not JSON. */
  readonly step: StepName | 'body'

  constructor(step: VerificationError['step'], message: string) {
    super(message)
    this.step = step
  }
}

/**
 * Verifies a delivery, and returns its event: the JSON of the body, or of its form field, or the claims of its token.
 *
 * @throws VerificationError
 */
export async function verify<Event = unknown>(options: Receiving & Received): Promise<Event> {
  const { secret, now = Date.now() / 1000, toleranceSeconds = 300 } = options
  const recipe = recipeOf(options)
  const delivery = deliveryOf(options)
  let failure = new VerificationError('key', 'There is no secret.')
  for (const one of [secret].flat() as readonly string[]) {
    const { checks } = await checkDelivery(recipe, delivery, { secret: one, now, toleranceSeconds })
    const failed = checks.find(({ fault }) => fault !== null)
    if (failed === undefined) return eventOf(recipe, delivery) as Event
    failure = new VerificationError(failed.step, failed.fault ?? '')
    if (failed.step === 'key') break
  }
  throw failure
}

/** @throws TypeError there is no secret, or no such dialect: no delivery could be verified */
export function assertReceiving(options: Receiving): void {
  recipeOf(options)
  const secrets = [options.secret].flat() as readonly (string | null | undefined)[]
  if (secrets.length === 0 || secrets.some((one) => !one)) {
    throw new TypeError('there is no secret: give that of the webhook, and check the variable that it comes from')
  }
}

function recipeOf({ dialect, recipe }: Receiving): Recipe {
  if (recipe !== undefined) return recipe
  const known = recipes[dialect] as Recipe | undefined
  if (known === undefined) throw new TypeError(`there is no dialect ${dialect as string}: give its recipe`)
  return known
}

function deliveryOf({ headers, body, url, webhookId }: Receiving & Received): Delivery {
  return {
    headers: plainHeaders(headers),
    body: bytesOf(body),
    ...(url !== undefined && { url }),
    ...(webhookId !== undefined && { webhookId }),
  }
}

/** Headers by name in lower case. The values of a repeated header are joined by a comma, as HTTP does. */
export function plainHeaders(headers: ReceivedHeaders): Delivery['headers'] {
  const pairs = headers instanceof Headers ? [...headers] : Object.entries(headers)
  const present = pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(', ')] as const],
  )
  return Object.fromEntries(present)
}

function bytesOf(body: Received['body']): Delivery['body'] {
  if (typeof body === 'string') return utf8(body)
  if (body instanceof Uint8Array || body instanceof ArrayBuffer) return new Uint8Array(body)
  throw new TypeError('body must be the bytes of the request, and not what a parser made of them')
}

function eventOf({ signatures, algorithm }: Recipe, { body }: Delivery): unknown {
  const text = textOf(body) ?? ''
  try {
    if ('wholeBody' in signatures && algorithm === 'jwt') {
      const [, claims = ''] = text.split('.')
      return JSON.parse(textOf(decoded(claims, 'base64url') ?? new Uint8Array()) ?? '')
    }
    const field = 'member' in signatures ? signatures.field : undefined
    return JSON.parse(field === undefined ? text : (new URLSearchParams(text).get(field) ?? ''))
  } catch {
    throw new VerificationError('body', 'The signature is right, and the body is not JSON.')
  }
}

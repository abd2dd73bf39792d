// The OpenAPI documents of a running server. They list every route, so these tests call every route in them.

import assert from 'node:assert/strict'
import { request } from 'undici'
import { readDocument } from '../../src/dialect-check/document.ts'
import type { Profile } from '../conformance/dialects/profile.ts'
import { profiles } from '../profiles/profiles.ts'

/** The dialect profile of each front. Customers of `standard` use the operator API. */
const byName = new Map(profiles.map((one) => [one.subject === null ? 'operator' : one.dialect.name, one]))

export type FrontName = string
export const frontNames: readonly FrontName[] = [...byName.keys()]

export function profileOf(front: FrontName): Profile {
  return byName.get(front) ?? assert.fail(`there is no profile of ${front}`)
}

export interface Schema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>
}

interface Parameter {
  readonly in: 'path' | 'query'
  readonly name: string
  readonly schema: Schema
  readonly required?: boolean
  readonly description?: string
  readonly example?: unknown
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>
  /** Each entry is an alternative: the kind of the key, with a role or scope that it needs. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
}

/** One route of a document. */
export interface DocumentedRoute {
  readonly front: FrontName
  readonly method: string
  /** With `{name}` in place of each path parameter. */
  readonly path: string
  readonly operation: Operation
}

export async function documentedRoutes(serverUrl: string): Promise<readonly DocumentedRoute[]> {
  const routes = await Promise.all(frontNames.map((front) => routesOf(serverUrl, front)))
  return routes.flat()
}

/** @param front `standard`: the document of its customers, who use a part of the operator API */
export async function routesOf(serverUrl: string, front: FrontName): Promise<readonly DocumentedRoute[]> {
  const answer = await request(`${serverUrl}/openapi${front === 'operator' ? '' : `/${front}`}.json`)
  const document = readDocument(await answer.body.text()) as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ front, method: method.toUpperCase(), path, operation })),
  )
}

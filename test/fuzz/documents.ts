// The OpenAPI documents of a running server. They list every route, so these tests call every route in them.

import { request } from 'undici'
import { readDocument } from '../../src/dialect-check/document.ts'
import { alloProfile } from '../profiles/allo/profile.ts'
import type { Profile } from '../conformance/dialects/profile.ts'
import { dialnexaProfile } from '../profiles/dialnexa/profile.ts'
import { partooProfile } from '../profiles/partoo/profile.ts'
import { standardProfile } from '../profiles/standard/profile.ts'
import { stornoProfile } from '../profiles/storno/profile.ts'
import { ultravoxProfile } from '../profiles/ultravox/profile.ts'

/** The dialect profile of each front. Customers of `standard` use the operator API. */
export const fronts = {
  operator: standardProfile,
  allo: alloProfile,
  dialnexa: dialnexaProfile,
  partoo: partooProfile,
  storno: stornoProfile,
  ultravox: ultravoxProfile,
} as const satisfies Record<string, Profile>

export type FrontName = keyof typeof fronts
export const frontNames = Object.keys(fronts) as readonly FrontName[]

export interface Schema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly in: 'path' | 'query'; readonly name: string; readonly schema: Schema }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
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

async function routesOf(serverUrl: string, front: FrontName): Promise<readonly DocumentedRoute[]> {
  const answer = await request(`${serverUrl}/openapi${front === 'operator' ? '' : `/${front}`}.json`)
  const document = readDocument(await answer.body.text()) as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ front, method: method.toUpperCase(), path, operation })),
  )
}

// The pages of the service, and the cookies of their sessions.

import type { FastifyInstance } from 'fastify'
import { fileURLToPath } from 'node:url'
import { limits } from '../domain/limits.ts'
import type { Operators } from '../front/operators.ts'
import { SealedCookie } from '../front/sealed-cookie.ts'
import type { WrongKeys } from '../front/wrong-keys.ts'
import type { Front } from '../http/front.ts'
import type { Context } from '../operations/context.ts'
import { serveDashboard } from './dashboard.ts'
import { type DocumentLink, serveDocs } from './docs.ts'
import { type PageFiles, readPageFiles } from './page-files.ts'
import { servePortal } from './portal.ts'
import { createPortalFront } from './portal-front.ts'

export interface PagesOptions {
  readonly context: Context
  readonly operators: Operators
  readonly wrongKeys: WrongKeys
  /** The only origin that serves the portal; null: any. */
  readonly portalOrigin: string | null
  /** The origins whose pages may embed the portal, by dialect; `''`: of every dialect. */
  readonly portalParents: ReadonlyMap<string, readonly string[]>
  readonly version: string
}

export class Pages {
  readonly #options: PagesOptions
  readonly operatorSessions: SealedCookie
  readonly #portalSessions: SealedCookie

  constructor(options: PagesOptions) {
    const { seals, clock } = options.context
    const shared = { vault: seals.vault, clock }
    this.#options = options
    this.operatorSessions = new SealedCookie({
      ...shared,
      name: 'posthorn-operator',
      lifetimeMs: limits.operatorSessionMs,
      sameSite: 'Strict',
    })
    this.#portalSessions = new SealedCookie({
      ...shared,
      name: 'posthorn-portal',
      lifetimeMs: limits.portalIdleMs,
      sameSite: 'None',
    })
  }

  /** The API that the portal calls. */
  portalFront(operator: Front): Front {
    return createPortalFront({ context: this.#options.context, operator, sessions: this.#portalSessions })
  }

  serveDashboard(app: FastifyInstance): void {
    serveDashboard(app, {
      ...this.#options,
      sessions: this.operatorSessions,
      files: filesOf('dashboard'),
      portalHost: this.#portalHost,
    })
  }

  serveDocs(app: FastifyInstance, documents: readonly DocumentLink[]): void {
    serveDocs(app, documents, filesOf('docs'))
  }

  servePortal(app: FastifyInstance): void {
    const { context, wrongKeys, portalParents: parents } = this.#options
    const sessions = this.#portalSessions
    servePortal(app, { context, wrongKeys, parents, sessions, files: filesOf('portal'), host: this.#portalHost })
  }

  get #portalHost(): string | null {
    const { portalOrigin } = this.#options
    return portalOrigin === null ? null : new URL(portalOrigin).host
  }
}

function filesOf(entry: 'dashboard' | 'portal' | 'docs'): PageFiles | null {
  return readPageFiles(fileURLToPath(new URL(`../../ui/dist/${entry}`, import.meta.url)))
}

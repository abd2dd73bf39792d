// The objects of the operator API, from the schemas of the server.

import type { Static } from 'typebox'
import type {
  AttemptSchema,
  DeliverySchema,
  EndpointSchema,
  ErasureSchema,
  EventSchema,
  TenantSchema,
} from '../../src/api/shapes.ts'
import type {
  PreviewSchema,
  CustomersViewSchema,
  FailuresSchema,
  FoundSchema,
  ListedEndpointSchema,
  PublishedSchema,
  SigningKeysSchema,
  TenantSecretsSchema,
} from '../../src/api/answer-shapes.ts'
import type { ApiKeySchema, OperatorKeySchema, SessionSchema } from '../../src/api/key-shapes.ts'
import type { PortalLinkSchema, PortalSessionSchema } from '../../src/api/portal-shapes.ts'
import type { AuditSchema } from '../../src/api/audit-shape.ts'
import type { RequestSchema } from '../../src/api/attempt-requests.ts'
import type { ReplaySchema } from '../../src/api/replay-shape.ts'
import type { DialectSchema } from '../../src/api/dialects.ts'
import type { SnippetsSchema, VectorsSchema } from '../../src/api/receiving.ts'
import type { CountsSchema, StatisticsSchema } from '../../src/api/statistics-shape.ts'
import type { StatusSchema } from '../../src/api/status.ts'
import type { StreamDeliverySchema, TickSchema } from '../../src/api/stream.ts'

export type ApiKey = Static<typeof ApiKeySchema>
export type Attempt = Static<typeof AttemptSchema>
export type AuditRecord = Static<typeof AuditSchema>
export type AttemptRequest = Static<typeof RequestSchema>
export type CustomersView = Static<typeof CustomersViewSchema>
export type Delivery = Static<typeof DeliverySchema>
/** A delivery with its attempts. */
export type DeliveryWithHistory = Delivery & { readonly history: readonly Attempt[] }
export type Dialect = Static<typeof DialectSchema>
export type Endpoint = Static<typeof EndpointSchema>
export type EndpointForm = NonNullable<Dialect['endpointForm']>
export type Erasure = Static<typeof ErasureSchema>
export type Found = Static<typeof FoundSchema>
export type Failures = Static<typeof FailuresSchema>
export type Event = Static<typeof EventSchema>
export type ListedEndpoint = Static<typeof ListedEndpointSchema>
export type OperatorKey = Static<typeof OperatorKeySchema>
export type Statistics = Static<typeof StatisticsSchema>
export type StatisticsCounts = Static<typeof CountsSchema>
export type Status = Static<typeof StatusSchema>
export type StreamDelivery = Static<typeof StreamDeliverySchema>
export type Tick = Static<typeof TickSchema>
export type PortalLink = Static<typeof PortalLinkSchema>
export type PortalSession = Static<typeof PortalSessionSchema>
export type Preview = Static<typeof PreviewSchema>
export type Replay = Static<typeof ReplaySchema>
export type Snippets = Static<typeof SnippetsSchema>
export type PublishedEvent = Static<typeof PublishedSchema>
export type SigningKeys = Static<typeof SigningKeysSchema>
export type Session = Static<typeof SessionSchema>
export type TenantSecrets = Static<typeof TenantSecretsSchema>
export type Tenant = Static<typeof TenantSchema>
export type Vectors = Static<typeof VectorsSchema>

export interface Page<Item> {
  readonly data: readonly Item[]
  readonly nextCursor: string | null
  /** In lists that search: the time back to which rows were searched; null: all. */
  readonly searchedTo?: string | null
}

// The names of schemas in the OpenAPI document: generators of clients make a type of each.

import type { TSchema } from 'typebox'
import {
  CustomersViewSchema,
  FailuresSchema,
  FoundSchema,
  ListedEndpointSchema,
  PreviewSchema,
  PublishedSchema,
  SigningKeysSchema,
  TenantSecretsSchema,
} from './answer-shapes.ts'
import { RequestSchema } from './attempt-requests.ts'
import { AuditSchema } from './audit-shape.ts'
import { DialectSchema, EndpointFormSchema, QuotaSchema } from './dialects.ts'
import { BatchResultSchema, RefusedEventSchema } from './events.ts'
import { ApiKeySchema, OperatorKeySchema } from './key-shapes.ts'
import { PolledDeliverySchema } from './polls.ts'
import { RecipeSchema, SignedPieceSchema, SnippetsSchema, UndescribedSchema, VectorsSchema } from './receiving.ts'
import { ReplaySchema } from './replay-shape.ts'
import { SetAsideSchema } from './set-aside.ts'
import { AttemptSchema, DeliverySchema, EndpointSchema, ErasureSchema, EventSchema, TenantSchema } from './shapes.ts'
import { PortalLinkSchema } from './portal-shapes.ts'
import { StatisticsSchema } from './statistics-shape.ts'
import { StatusSchema } from './status.ts'
import { LeftOutSchema, ResetSchema, StreamDeliverySchema, TickSchema } from './stream.ts'

export const schemaNames: ReadonlyMap<unknown, string> = new Map<TSchema, string>([
  [PolledDeliverySchema, 'PolledDelivery'],
  [TenantSchema, 'Tenant'],
  [TenantSecretsSchema, 'TenantSecrets'],
  [ApiKeySchema, 'ApiKey'],
  [OperatorKeySchema, 'OperatorKey'],
  [PortalLinkSchema, 'PortalLink'],
  [EndpointSchema, 'Endpoint'],
  [ListedEndpointSchema, 'ListedEndpoint'],
  [CustomersViewSchema, 'CustomersView'],
  [EventSchema, 'Event'],
  [PublishedSchema, 'PublishedEvent'],
  [RefusedEventSchema, 'RefusedEvent'],
  [BatchResultSchema, 'BatchResult'],
  [SetAsideSchema, 'SetAsideEvent'],
  [PreviewSchema, 'Preview'],
  [DeliverySchema, 'Delivery'],
  [AttemptSchema, 'Attempt'],
  [RequestSchema, 'AttemptRequest'],
  [FailuresSchema, 'Failures'],
  [ReplaySchema, 'Replay'],
  [ErasureSchema, 'Erasure'],
  [AuditSchema, 'AuditRecord'],
  [StatisticsSchema, 'Statistics'],
  [StatusSchema, 'Status'],
  [FoundSchema, 'Found'],
  [DialectSchema, 'Dialect'],
  [EndpointFormSchema, 'EndpointForm'],
  [QuotaSchema, 'Quota'],
  [SigningKeysSchema, 'SigningKeys'],
  [RecipeSchema, 'Recipe'],
  [SignedPieceSchema, 'SignedPiece'],
  [UndescribedSchema, 'UndescribedSignature'],
  [SnippetsSchema, 'Snippets'],
  [VectorsSchema, 'TestVectors'],
  [TickSchema, 'Tick'],
  [StreamDeliverySchema, 'StreamDelivery'],
  [LeftOutSchema, 'LeftOut'],
  [ResetSchema, 'Reset'],
])

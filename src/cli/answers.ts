// The shapes of the answers that commands read.

import type { Static } from 'typebox'
import type { PublishedSchema, ListedEndpointSchema } from '../api/answer-shapes.ts'
import type { ReplaySchema } from '../api/replay-shape.ts'
import type { ApiKeySchema, AttemptSchema, DeliverySchema, EndpointSchema, TenantSchema } from '../api/shapes.ts'
import type { StatusSchema } from '../api/status.ts'
import type { LeftOutSchema, StreamDeliverySchema } from '../api/stream.ts'

export type Tenant = Static<typeof TenantSchema>
export type ApiKey = Static<typeof ApiKeySchema>
export type Endpoint = Static<typeof EndpointSchema>
export type ListedEndpoint = Static<typeof ListedEndpointSchema>
export type Published = Static<typeof PublishedSchema>
export type Attempt = Static<typeof AttemptSchema>
export type Delivery = Static<typeof DeliverySchema>
export type Replay = Static<typeof ReplaySchema>
export type Status = Static<typeof StatusSchema>
export type StreamedDelivery = Static<typeof StreamDeliverySchema>
export type LeftOut = Static<typeof LeftOutSchema>

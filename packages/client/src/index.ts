// A typed client of Posthorn's operator API.

export {
  type BatchResult,
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type NewEvent,
  type PublishedEvent,
} from './client.ts'
export { type ErrorCode, PosthornError } from './errors.ts'
export type * from './generated.ts'

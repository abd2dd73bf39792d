// The library: `posthorn`. Only its exports promise semantic versioning.

export { type ErrorCode, PosthornError } from './errors.ts'
export type { NewEvent } from './events.ts'
export type { DialectChoice, EventTypesOf, PosthornOptions } from './options.ts'
export { type BatchResult, createPosthorn, type Posthorn, type PublishedEvent } from './posthorn.ts'
export type { PostgresqlTransaction } from './transactional-publish.ts'

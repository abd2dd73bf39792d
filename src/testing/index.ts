// `posthorn/testing`: for tests of a dialect, and of a program that uses Posthorn or is its customer.

import { checkDialect as checkOn, type CheckResult } from '../dialect-check/check-dialect.ts'
import type { Receiver } from '../dialect-check/receiver.ts'
import type { DefinedDialect } from '../dialect-kit/define-dialect.ts'
import { registry } from '../dialects/registry.ts'
import { openSite } from './site.ts'

export type { CheckResult } from '../dialect-check/check-dialect.ts'
export { type Arrival, type Hook, openReceiver as startReceiver, type Receiver } from '../dialect-check/receiver.ts'

/** A service in this process. */
export interface TestServer {
  readonly url: string
  readonly operatorKey: string
  /** Receives deliveries: `hook()` is a URL of its own, with the requests that arrive at it. */
  readonly receiver: Receiver
  /** Stops both, and removes the database. */
  close(): Promise<void>
}

/**
 * Starts a service on a free port of this machine, on a database of its own in a temporary folder. It serves the shipped
 * dialects and `dialects`, delivers to http URLs of this machine, has no quotas, and makes the first retry after about 60 ms.
 */
export function startServer(dialects: readonly DefinedDialect[] = []): Promise<TestServer> {
  return openSite([...registry, ...dialects])
}

/** Runs the checks of `posthorn dialect check`. The dialect is good if no result has faults. */
export async function checkDialect(dialect: DefinedDialect): Promise<readonly CheckResult[]> {
  const site = await openSite([...registry, dialect])
  try {
    return await checkOn(dialect, site)
  } finally {
    await site.close()
  }
}

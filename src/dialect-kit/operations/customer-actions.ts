// The actions that a dialect's own API lets customers do. The portal offers no others.

import type { CustomerAction } from '../../contracts/dialect.ts'
import type { DialectDefinition } from '../definition.ts'
import { isShown } from '../fields/fields.ts'
import type { OperationKind } from './operation.ts'

const kinds: Readonly<Partial<Record<OperationKind, readonly CustomerAction[]>>> = {
  create: ['create'],
  createMany: ['create'],
  put: ['create', 'change'],
  change: ['change'],
  patch: ['change'],
  replace: ['change'],
  switch: ['change'],
  remove: ['delete'],
  rotate: ['rotate'],
  test: ['test'],
  tryOut: ['test'],
  ping: ['test'],
  attempts: ['seeDeliveries'],
  deliveries: ['seeDeliveries'],
  retry: ['retry'],
  redeliver: ['retry'],
  resend: ['retry'],
  secret: ['seeSecrets'],
}

export function customerActionsOf({ routes, endpoint }: Pick<DialectDefinition, 'routes' | 'endpoint'>) {
  const actions = new Set(Object.values(routes).flatMap(({ kind }) => kinds[kind] ?? []))
  const shown = Object.values(endpoint).filter((field) => isShown(field, 'get') || isShown(field, 'list'))
  if (shown.some(({ is }) => is === 'secret' || is === 'secrets')) actions.add('seeSecrets')
  return actions as ReadonlySet<CustomerAction>
}

// The long form of the conformance suite of dialects: every dialect on PostgreSQL.

import { registry } from '../../../src/dialects/registry.ts'

for (const { dialect } of registry) await import(`../../../src/dialects/${dialect.name}/${dialect.name}.test.ts`)

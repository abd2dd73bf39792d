// Every shipped dialect in the suites that every dialect must pass.

import { profiles } from '../../profiles/profiles.ts'
import { databasesFor } from '../../support/dialect-support.ts'
import { dialectConformance } from './suite.ts'
import { wireConformance } from './wire-conformance.ts'

for (const profile of profiles) {
  wireConformance(profile)
  for (const database of databasesFor(profile)) dialectConformance(profile, database)
}

// Partoo in the suites that every dialect must pass.

import { databasesFor } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { partooProfile } from '../../../test/profiles/partoo/profile.ts'

wireConformance(partooProfile)
for (const database of databasesFor(partooProfile)) dialectConformance(partooProfile, database)

// Allo in the suites that every dialect must pass.

import { databasesFor } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { alloProfile } from '../../../test/profiles/allo/profile.ts'

wireConformance(alloProfile)
for (const database of databasesFor(alloProfile)) dialectConformance(alloProfile, database)

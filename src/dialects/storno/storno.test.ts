// Storno.ro in the suites that every dialect must pass.

import { databasesFor } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { stornoProfile } from '../../../test/profiles/storno/profile.ts'

wireConformance(stornoProfile)
for (const database of databasesFor(stornoProfile)) dialectConformance(stornoProfile, database)

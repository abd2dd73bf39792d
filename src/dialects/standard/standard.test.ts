// The standard dialect in the suites that every dialect must pass.

import { databasesFor } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { standardProfile } from '../../../test/profiles/standard/profile.ts'

wireConformance(standardProfile)
for (const database of databasesFor(standardProfile)) dialectConformance(standardProfile, database)

// DialNexa in the suites that every dialect must pass.

import { databasesFor } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { dialnexaProfile } from '../../../test/profiles/dialnexa/profile.ts'

wireConformance(dialnexaProfile)
for (const database of databasesFor(dialnexaProfile)) dialectConformance(dialnexaProfile, database)

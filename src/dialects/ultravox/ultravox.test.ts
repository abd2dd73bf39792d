// Ultravox in the suites that every dialect must pass.

import { databasesFor } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { ultravoxProfile } from '../../../test/profiles/ultravox/profile.ts'

wireConformance(ultravoxProfile)
for (const database of databasesFor(ultravoxProfile)) dialectConformance(ultravoxProfile, database)

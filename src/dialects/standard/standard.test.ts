// The standard dialect as a whole: what every dialect must do.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { standardProfile } from '../../../test/profiles/standard/profile.ts'

wireConformance(standardProfile)
dialectConformance(standardProfile, onSqlite)
dialectConformance(standardProfile, onPostgres)

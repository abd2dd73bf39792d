// Allo as a whole: what every dialect must do, and beside it what only Allo has, on one server.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { alloProfile } from '../../../test/profiles/allo/profile.ts'

wireConformance(alloProfile)
dialectConformance(alloProfile, onSqlite)
dialectConformance(alloProfile, onPostgres)

// Storno.ro as every dialect: what all of them must do.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { stornoProfile } from '../../../test/profiles/storno/profile.ts'

wireConformance(stornoProfile)
dialectConformance(stornoProfile, onSqlite)
dialectConformance(stornoProfile, onPostgres)

// What every dialect must do. What only Partoo has is in the files beside this one.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { partooProfile } from '../../../test/profiles/partoo/profile.ts'

wireConformance(partooProfile)
dialectConformance(partooProfile, onSqlite)
dialectConformance(partooProfile, onPostgres)

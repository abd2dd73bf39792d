// The standard dialect as a whole: what every dialect must do.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { standardProfile } from './profile.ts'

wireConformance(standardProfile)
dialectConformance(standardProfile, onSqlite)
dialectConformance(standardProfile, onPostgres)

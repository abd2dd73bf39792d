// Allo as a whole: what every dialect must do, and beside it what only Allo has, on one server.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { alloProfile } from './profile.ts'

wireConformance(alloProfile)
dialectConformance(alloProfile, onSqlite)
dialectConformance(alloProfile, onPostgres)

// Storno.ro as every dialect: what all of them must do.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { stornoProfile } from './profile.ts'

wireConformance(stornoProfile)
dialectConformance(stornoProfile, onSqlite)
dialectConformance(stornoProfile, onPostgres)

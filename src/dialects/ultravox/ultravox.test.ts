// Ultravox as a whole: what every dialect must do.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { ultravoxProfile } from './profile.ts'

wireConformance(ultravoxProfile)
dialectConformance(ultravoxProfile, onSqlite)
dialectConformance(ultravoxProfile, onPostgres)

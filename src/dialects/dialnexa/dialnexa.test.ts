// DialNexa as a whole: what every dialect must do, on one server. What only DialNexa does is tested beside it.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { dialnexaProfile } from './profile.ts'

wireConformance(dialnexaProfile)
dialectConformance(dialnexaProfile, onSqlite)
dialectConformance(dialnexaProfile, onPostgres)

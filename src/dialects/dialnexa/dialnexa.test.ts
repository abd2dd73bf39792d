// DialNexa as a whole: what every dialect must do, on one server. What only DialNexa does is tested beside it.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { dialnexaProfile } from '../../../test/profiles/dialnexa/profile.ts'

wireConformance(dialnexaProfile)
dialectConformance(dialnexaProfile, onSqlite)
dialectConformance(dialnexaProfile, onPostgres)

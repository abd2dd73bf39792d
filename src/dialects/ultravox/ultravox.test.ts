// Ultravox as a whole: what every dialect must do.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../../../test/conformance/dialects/suite.ts'
import { wireConformance } from '../../../test/conformance/dialects/wire-conformance.ts'
import { ultravoxProfile } from '../../../test/profiles/ultravox/profile.ts'

wireConformance(ultravoxProfile)
dialectConformance(ultravoxProfile, onSqlite)
dialectConformance(ultravoxProfile, onPostgres)

// What every dialect must do. What only Partoo has is in the files beside this one.

import { onPostgres, onSqlite } from '../../../test/support/dialect-support.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { partooProfile } from './profile.ts'

wireConformance(partooProfile)
dialectConformance(partooProfile, onSqlite)
dialectConformance(partooProfile, onPostgres)

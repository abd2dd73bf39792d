// What every dialect must do. What only Partoo has is in the files beside this one.

import { startReceiver } from '../../../test/support/receiver.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { partooProfile } from './profile.ts'

wireConformance(partooProfile)
dialectConformance(partooProfile, { createInstallation, startServer, startReceiver })

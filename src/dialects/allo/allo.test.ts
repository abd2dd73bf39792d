// Allo as a whole: what every dialect must do, and beside it what only Allo has, on one server.

import { startReceiver } from '../../../test/support/receiver.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { alloProfile } from './profile.ts'

wireConformance(alloProfile)
dialectConformance(alloProfile, { createInstallation, startServer, startReceiver })

// Storno.ro as every dialect: what all of them must do.

import { startReceiver } from '../../../test/support/receiver.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { stornoProfile } from './profile.ts'

wireConformance(stornoProfile)
dialectConformance(stornoProfile, { createInstallation, startServer, startReceiver })

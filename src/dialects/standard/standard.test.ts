// The standard dialect as a whole: what every dialect must do.

import { startReceiver } from '../../../test/support/receiver.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { standardProfile } from './profile.ts'

wireConformance(standardProfile)
dialectConformance(standardProfile, { createInstallation, startServer, startReceiver })

// DialNexa as a whole: what every dialect must do, on one server. What only DialNexa does is tested beside it.

import { startReceiver } from '../../../test/support/receiver.ts'
import { createInstallation, startServer } from '../../../test/support/server-process.ts'
import { dialectConformance } from '../conformance/suite.ts'
import { wireConformance } from '../conformance/wire-conformance.ts'
import { dialnexaProfile } from './profile.ts'

wireConformance(dialnexaProfile)
dialectConformance(dialnexaProfile, { createInstallation, startServer, startReceiver })

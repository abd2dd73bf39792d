// The languages that are compiled first.

import { captureDeliveries } from './support/captured-deliveries.ts'
import { snippetSuite } from './support/snippet-suite.ts'

snippetSuite(['go', 'java'], await captureDeliveries())

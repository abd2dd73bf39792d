import { captureDeliveries } from './support/captured-deliveries.ts'
import { snippetSuite } from './support/snippet-suite.ts'

const captured = await captureDeliveries()

snippetSuite(['javascript', 'python', 'ruby', 'php'], captured)

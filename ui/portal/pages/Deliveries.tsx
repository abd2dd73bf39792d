import { Page } from '../../shared/parts/Page.tsx'
import { DeliveryList } from './DeliveryList.tsx'

export function Deliveries() {
  return (
    <Page title="Deliveries" lead="Each event for each endpoint, newest first.">
      <DeliveryList />
    </Page>
  )
}

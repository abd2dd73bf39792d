import { Page } from '../../../shared/parts/Page.tsx'

export function DeliveryPage() {
  return <Page title="DeliveryPage">{null}</Page>
}

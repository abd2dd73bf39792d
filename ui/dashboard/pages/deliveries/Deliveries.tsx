import { Page } from '../../../shared/parts/Page.tsx'

export function Deliveries() {
  return <Page title="Deliveries">{null}</Page>
}

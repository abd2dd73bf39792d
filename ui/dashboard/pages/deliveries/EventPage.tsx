import { Page } from '../../../shared/parts/Page.tsx'

export function EventPage() {
  return <Page title="EventPage">{null}</Page>
}

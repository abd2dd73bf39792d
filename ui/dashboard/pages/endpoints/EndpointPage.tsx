import { Page } from '../../../shared/parts/Page.tsx'

export function EndpointPage() {
  return <Page title="EndpointPage">{null}</Page>
}

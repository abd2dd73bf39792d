import { Page } from '../../../shared/parts/Page.tsx'

export function Endpoints() {
  return <Page title="Endpoints">{null}</Page>
}
